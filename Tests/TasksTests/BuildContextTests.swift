import CArchive
import Glibc
import Testing

@testable import Tasks

/// What COPY and ADD make of the files beside a Dockerfile.
@Suite struct BuildContextTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Names in the stream that an instruction packs, with what is told of each.
    private func packed(
        _ sources: [String],
        to destination: String,
        isDirectory: Bool = true,
        isAdd: Bool = false,
        owner: String? = nil
    ) throws -> [String] {
        let copy = Dockerfile.Copy(
            origin: nil,
            sources: sources,
            destination: destination,
            owner: owner,
            mode: nil,
            isAdd: isAdd
        )
        let target = CopyArchive.Target(path: destination, isDirectory: isDirectory, uid: 7, gid: 8)
        let file = open(scratch.path + "/out.tar", O_RDWR | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        try BuildContext(scratch.path + "/context").pack(copy, as: target, to: file)
        return try Self.entries(scratch.path + "/out.tar")
    }

    private static func entries(_ path: String) throws -> [String] {
        let archive = try #require(archive_read_new())
        defer { archive_read_free(archive) }
        archive_read_support_format_tar(archive)
        try #require(archive_read_open_filename(archive, path, 65536) == ARCHIVE_OK)
        var (entries, header) = ([String](), OpaquePointer?.none)
        while archive_read_next_header(archive, &header) == ARCHIVE_OK {
            let name = archive_entry_pathname(header).map { String(cString: $0) } ?? ""
            let link = archive_entry_hardlink(header).map { " = " + String(cString: $0) } ?? ""
            entries.append("\(name)\(link) \(archive_entry_uid(header)):\(archive_entry_gid(header))")
        }
        return entries
    }

    /// A tar archive of `inner` in `context`, by the system's tar.
    private func archive(_ name: String, _ options: String, _ content: String = "./a b") throws {
        let script = """
            mkdir -p context inner && cd inner && echo a > a && ln -f a b && \
            tar --owner=5 --group=6 --numeric-owner \(options) -f ../context/\(name) \(content)
            """
        try #require(run("/bin/sh", ["-ec", "cd \(scratch.path) && \(script)"]) == 0)
    }

    private func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var pid = pid_t()
        try #require(posix_spawn(&pid, program, nil, nil, &words, environ) == 0)
        var status: Int32 = 0
        try #require(waitpid(pid, &status, 0) == pid)
        return status
    }

    @Test("What .dockerignore names is not there, but for exceptions")
    func ignored() throws {
        for name in [
            "a.txt", "b.md", "README.md", "dir/a.txt", "dir/deep/b.md", "dir/deep/keep/c", "logs/x.log", "x.log",
        ] {
            try scratch.write("context/" + name, "1")
        }
        try scratch.write(
            "context/.dockerignore",
            """
            # a comment
            .dockerignore
            *.md
            !README.md
            /dir/deep/
            !dir/deep/keep
            **/*.log
            ./a.txt
            """
        )
        #expect(
            try packed(["."], to: "/w") == [
                "w/README.md 7:8", "w/dir/ 7:8", "w/dir/a.txt 7:8", "w/dir/deep/ 7:8", "w/dir/deep/keep/ 7:8",
                "w/dir/deep/keep/c 7:8", "w/logs/ 7:8",
            ]
        )
        #expect(try packed(["dir/*.txt"], to: "/w") == ["w/a.txt 7:8"])
        for source in ["b.md", "*.log", "a.txt", "dir/deep/b.md"] {
            #expect(throws: ArchiveError.self, "\(source)") { try packed([source], to: "/w") }
        }
        // Beside a Dockerfile of that name it counts alone.
        try scratch.write("context/Dockerfile.dockerignore", "*\n!b.md\n")
        #expect(try packed(["."], to: "/w") == ["w/b.md 7:8"])
        try scratch.write("context/Dockerfile.dockerignore", ".\n\n#\n")
        #expect(try packed(["a.txt"], to: "/w/one", isDirectory: false) == ["w/one 7:8"])
    }

    @Test("ADD unpacks tar archives, whatever they are called, and COPY does not")
    func archives() throws {
        try scratch.write("context/plain", "no archive")
        try scratch.write("context/empty.tar", "")
        for (name, options) in [("plain.tar", "-c"), ("files", "-cz"), ("x.tar.xz", "-cJ"), ("x.bz2", "-cj")] {
            try archive(name, options)
            let both = ["w/a 5:6", "w/b = w/a 5:6"]
            #expect(try packed([name], to: "/w", isAdd: true) == both, "\(name)")
            #expect(try packed([name], to: "/w", isAdd: true, owner: "7:8") == ["w/a 7:8", "w/b = w/a 7:8"])
            #expect(try packed([name], to: "/w") == ["w/\(name) 7:8"])
        }
        for name in ["plain", "empty.tar"] {
            #expect(try packed([name], to: "/w", isAdd: true) == ["w/\(name) 7:8"])
        }
        #expect(try packed(["plain", "files"], to: "/", isAdd: true) == ["plain 7:8", "a 5:6", "b = a 5:6"])
        // Names stay what they are below the target: who places them refuses those that lead elsewhere.
        try archive("evil.tar", "-cP", "../inner/a /etc/hostname")
        let evil = try packed(["evil.tar"], to: "/w", isAdd: true)
        #expect(evil == ["w/../inner/a 5:6", "w/etc/hostname 5:6"])
    }

    @Test("An archive that is cut is an error, not half of it")
    func cut() throws {
        try scratch.write("inner/large", String(repeating: "x", count: 300_000))
        try archive("cut.tar", "-c", "large a")
        try #require(truncate(scratch.path + "/context/cut.tar", 200_000) == 0)
        #expect(throws: ArchiveError.self) { try packed(["cut.tar"], to: "/w", isAdd: true) }
    }
}
