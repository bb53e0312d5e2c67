import FoundationEssentials
import Glibc
import Statistics
import Testing

@testable import Tasks

@Suite struct ArchiveTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Runs `body` with a descriptor that reads `bytes`.
    private func reading<T>(_ bytes: [UInt8], _ body: (CInt) throws -> T) throws -> T {
        try scratch.write("stream.tar", bytes: bytes)
        let descriptor = open(scratch.path + "/stream.tar", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        return try body(descriptor)
    }

    private func unpack(_ bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits()) throws {
        try reading(bytes) { try TreeArchive.unpack(from: $0, to: scratch.path + "/out/tree", limits: limits) }
    }

    /// Expects that the stream is refused and that nothing of it stays.
    private func refusal(_ bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits()) throws -> ArchiveError? {
        try FileManager.default.createDirectory(atPath: scratch.path + "/out", withIntermediateDirectories: true)
        let error = #expect(throws: ArchiveError.self) { try unpack(bytes, limits: limits) }
        #expect(scratch.names("out").isEmpty)
        return error
    }

    private func pack(_ pack: (CInt) throws -> Void) throws -> [UInt8] {
        let path = scratch.path + "/packed.tar"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        try pack(descriptor)
        return Array(try Data(contentsOf: URL(filePath: path)))
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(scratch.path + "/" + path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("A task keeps its content, modes, links and digest; what is no part of it stays at home")
    func roundTrip() throws {
        let source = try Scratch()
        try source.task("[environment]\ncpus = 1")
        try source.write("environment/deep/é ü/data", bytes: (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try source.write("environment/" + String(repeating: "n", count: 200), "long")
        try source.link("environment/current", to: "deep/../deep")
        try source.write(".git/config", "secret")
        try source.write(".gitignore", "*.log\n")
        chmod(source.path + "/tests/test.sh", 0o755)
        #expect(throws: ArchiveError.escapingLink(path: "environment/current", target: "deep/../deep")) {
            try pack { try TaskArchive.pack(source.path, to: $0) }
        }
        unlink(source.path + "/environment/current")
        try source.link("environment/current", to: "./deep")
        let bytes = try pack { try TaskArchive.pack(source.path, to: $0) }
        try reading(bytes) { try TaskArchive.unpack(from: $0, to: scratch.path + "/task") }
        let (before, after) = (
            try LoadedTask.load(directory: source.path), try LoadedTask.load(directory: scratch.path + "/task")
        )
        #expect(before.digest == after.digest)
        #expect(after.digest.files.count == 7)
        #expect(mode("task/tests/test.sh") == 0o755)
        #expect(mode("task/task.toml") == 0o644)
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: scratch.path + "/task/environment/current")
                == "./deep"
        )
        #expect(scratch.names("task").contains(".gitignore"))
        #expect(!scratch.names("task").contains(".git"))
        #expect(!scratch.names().contains { $0.contains("partial") })
    }

    @Test("The same tree gives the same bytes")
    func deterministic() throws {
        let source = try Scratch()
        for name in ["b", "a/x", "a/b/c", "z"] { try source.write(name, name) }
        #expect(
            try pack { try TreeArchive.pack(source.path, to: $0) } == pack { try TreeArchive.pack(source.path, to: $0) }
        )
    }

    @Test(
        "Names that lead out are refused",
        arguments: ["/etc/x", "../x", "a/../../x", "a/..", "a//b", "..", "./../x", "a/./b"]
    )
    func names(name: String) throws {
        var tar = TarBuilder()
        tar.add("good", content: [1])
        tar.add(name, content: [2])
        #expect(try refusal(tar.finished) == .badName(name))
    }

    @Test(
        "Links that could lead out are refused",
        arguments: ["/etc", "..", "../../x", "a/../../x", "b/../x", ".././.."]
    )
    func links(target: String) throws {
        var tar = TarBuilder()
        tar.add("dir", type: "5")
        tar.add("dir/link", type: "2", link: target == ".." ? "../.." : target)
        tar.add("dir/link/file", content: [1])
        let error = try refusal(tar.finished)
        guard case .escapingLink = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("Nothing is written through a link, and no name comes twice")
    func collisions() throws {
        var through = TarBuilder()
        through.add("dir", type: "5")
        through.add("link", type: "2", link: "dir")
        through.add("link/file", content: [1])
        #expect(try refusal(through.finished) == .collision("link/file"))
        var twice = TarBuilder()
        twice.add("file", content: [1])
        twice.add("file", content: [2])
        #expect(try refusal(twice.finished) == .collision("file"))
        var replaced = TarBuilder()
        replaced.add("x", type: "2", link: "y")
        replaced.add("x", type: "5")
        #expect(try refusal(replaced.finished) == .collision("x"))
        var below = TarBuilder()
        below.add("file", content: [1])
        below.add("file/inner", content: [1])
        #expect(try refusal(below.finished) == .collision("file/inner"))
    }

    @Test("Hard links, devices and pipes are refused", arguments: ["1", "3", "4", "6"] as [Character])
    func kinds(type: Character) throws {
        var tar = TarBuilder()
        tar.add("good", content: [1])
        tar.add("bad", type: type, link: "good")
        let error = try refusal(tar.finished)
        guard case .unsupportedEntry(path: "bad", kind: _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("Count, size and depth are limited, also when the header lies")
    func limits() throws {
        var many = TarBuilder()
        for index in 0..<11 { many.add("f\(index)") }
        #expect(
            try refusal(many.finished, limits: ArchiveLimits(entries: 10))?.description.contains("10 entries") == true
        )
        var large = TarBuilder()
        for index in 0..<3 { large.add("f\(index)", content: [UInt8](repeating: 7, count: 400)) }
        #expect(
            try refusal(large.finished, limits: ArchiveLimits(bytes: 1000))?.description.contains("1000 bytes") == true
        )
        var claimed = TarBuilder()
        claimed.add("huge", claimedSize: 7 << 30)
        #expect(try refusal(claimed.finished)?.description.contains("bytes") == true)
        var deep = TarBuilder()
        deep.add(Array(repeating: "d", count: 40).joined(separator: "/"))
        guard case .badName = try refusal(deep.finished) else {
            Issue.record("40 levels were taken")
            return
        }
    }

    @Test("Broken and empty streams are refused")
    func broken() throws {
        #expect(try refusal([]) != nil)
        #expect(try refusal([UInt8](repeating: 0, count: 10240)) != nil)
        #expect(try refusal(Array("this is no archive".utf8)) != nil)
        var cut = TarBuilder()
        cut.add("file", content: [UInt8](repeating: 1, count: 5000))
        #expect(try refusal(Array(cut.finished.prefix(2000))) != nil)
    }

    @Test("Owner, set-user bits and group-write do not survive")
    func modes() throws {
        try FileManager.default.createDirectory(atPath: scratch.path + "/out", withIntermediateDirectories: true)
        var tar = TarBuilder()
        tar.add("./", type: "5")
        tar.add("./tool", content: [1])
        try unpack(tar.finished)
        #expect(mode("out/tree/tool") == 0o755)
    }

    @Test("Only an absent or empty directory is unpacked to")
    func occupied() throws {
        var tar = TarBuilder()
        tar.add("file", content: [1])
        try scratch.write("out/tree/old", "precious")
        #expect(throws: ArchiveError.occupied(scratch.path + "/out/tree")) { try unpack(tar.finished) }
        #expect(scratch.names("out/tree") == ["old"])
        unlink(scratch.path + "/out/tree/old")
        try unpack(tar.finished)
        #expect(scratch.names("out/tree") == ["file"])
        #expect(scratch.names("out") == ["tree"])
    }

    @Test("Random damage never writes outside and never leaves half a tree")
    func damage() throws {
        var tar = TarBuilder()
        tar.add("dir", type: "5")
        tar.add("dir/file", content: [UInt8](repeating: 9, count: 700))
        tar.add("dir/link", type: "2", link: "file")
        let whole = tar.finished
        try FileManager.default.createDirectory(atPath: scratch.path + "/out", withIntermediateDirectories: true)
        var random = SplitMix64(seed: 20_261_121)
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            try? unpack(bytes)
            #expect(scratch.names("out").isEmpty || scratch.names("out") == ["tree"])
            #expect(Set(scratch.names()).isSubset(of: ["out", "stream.tar"]))
            try? FileManager.default.removeItem(atPath: scratch.path + "/out/tree")
        }
    }
}
