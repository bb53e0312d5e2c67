import FoundationEssentials
import Glibc
import Tasks
import Testing
import Wire

/// Files of a session's sandbox, and directories as tar streams.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SessionFileTests {
    let station: Station
    let client: SessionClient
    let session: Session

    init() async throws {
        station = try await Station.start()
        client = try SessionClient(station)
        session = try client.openSandbox()
    }

    private func write(_ path: String, _ text: String, _ change: (inout ActionWrite.Params) -> Void = { _ in }) throws {
        var params = ActionWrite.Params(session: session.token, path: path, content: ByteContent(text))
        change(&params)
        #expect(try client.call(ActionWrite.self, params).size == text.utf8.count)
    }

    private func read(_ path: String) throws -> String? {
        try client.call(ActionRead.self, .init(session: session.token, path: path)).content?.text
    }

    private func at(_ path: String) -> FilePath { FilePath(session: session.token, path: path) }

    @Test func filesAreWrittenReadListedAndRemoved() throws {
        try write("notes/a.txt", "one\n") { $0.mode = "640" }
        try write("notes/a.txt", "two\n") { $0.append = true }
        #expect(try read("/app/notes/a.txt") == "one\ntwo\n")
        try write("notes/a.txt", "three\n")
        #expect(try read("notes/a.txt") == "three\n")
        let exclusive = ActionWrite.Params(
            session: session.token,
            path: "notes/a.txt",
            content: ByteContent("x"),
            exclusive: true
        )
        #expect(try client.refusal(ActionWrite.self, exclusive) == "fileFailed EEXIST")
        let part = try client.call(
            ActionRead.self,
            .init(session: session.token, path: "notes/a.txt", offset: 1, length: 3)
        )
        #expect(part.content?.text == "hre" && part.size == 6 && part.nextOffset == 4)
        let beyond = ActionRead.Params(session: session.token, path: "notes/a.txt", offset: .max)
        #expect(try client.call(ActionRead.self, beyond).content?.bytes == [])

        try session.shell("ln -s a.txt notes/link; mkfifo notes/pipe; ln -s nowhere notes/broken")
        _ = try client.call(ActionMakeDirectory.self, at("notes/d/e"))
        _ = try client.call(ActionMakeDirectory.self, at("notes/d"))
        let entries = try client.call(ActionList.self, at("notes")).entries
        #expect(entries.map(\.name).sorted() == ["a.txt", "broken", "d", "link", "pipe"])
        let kinds = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.kind) })
        #expect(kinds == ["a.txt": .file, "broken": .symlink, "d": .directory, "link": .symlink, "pipe": .other])
        #expect(entries.first { $0.name == "link" }?.target == "a.txt")
        #expect(entries.first { $0.name == "a.txt" }?.mode == "640")
        func stat(_ path: String, follow: Bool? = nil) throws -> FileEntry {
            try client.call(ActionStat.self, .init(session: session.token, path: path, follow: follow))
        }
        #expect(try stat("notes/link").kind == .file && stat("notes/link").size == 6)
        #expect(try stat("notes/link", follow: false).kind == .symlink)

        func remove(_ path: String, recursive: Bool? = nil) -> ActionRemove.Params {
            .init(session: session.token, path: path, recursive: recursive)
        }
        #expect(try client.refusal(ActionRemove.self, remove("notes")) == "fileFailed ENOTEMPTY")
        _ = try client.call(ActionRemove.self, remove("notes/a.txt"))
        _ = try client.call(ActionRemove.self, remove("notes", recursive: true))
        #expect(try session.shell("ls /app").out == "")
    }

    @Test func whatDoesNotFitAFrameGoesThroughPipes() throws {
        let text = (1...100_000).map { "\($0)\n" }.joined()
        try session.shell("seq 100000 > many")
        // In pieces of at most 512 KiB.
        let first = try client.call(ActionRead.self, .init(session: session.token, path: "many"))
        #expect(first.content?.bytes.count == 512 << 10 && first.size == text.utf8.count)
        let rest = try client.call(
            ActionRead.self,
            .init(session: session.token, path: "many", offset: first.nextOffset)
        )
        #expect(
            rest.nextOffset == nil && (first.content?.bytes ?? []) + (rest.content?.bytes ?? []) == Array(text.utf8)
        )
        // In one go.
        let out = try TestPipe()
        let reading = try client.begin(
            ActionRead.self,
            .init(session: session.token, path: "many"),
            descriptors: [out.writeEnd]
        )
        #expect(out.drain() == Array(text.utf8))
        let read = try client.end(reading)
        #expect(read.content == nil && read.size == text.utf8.count)
        let `in` = try TestPipe()
        let writing = try client.begin(
            ActionWrite.self,
            .init(session: session.token, path: "d/copy", content: nil, append: nil, mode: "755"),
            descriptors: [`in`.readEnd]
        )
        `in`.closeRead()
        `in`.fill(Array(text.utf8.prefix(60_000)))
        #expect(try client.end(writing).size == 60_000)
        #expect(try session.shell("head -c 60000 many | cmp - d/copy && stat -c %a d/copy").out == "755\n")
    }

    @Test func directoriesComeBackAsTheyWent() throws {
        let files = try Scratch()
        try files.write("tree/bin/run", "#!/bin/sh\necho ran\n", mode: 0o755)
        try files.write("tree/data", "data\n")
        try #require(symlink("data", files.path + "/tree/link") == 0)
        let up = try TestPipe()
        let uploading = try client.begin(ActionUpload.self, at("in/here"), descriptors: [up.readEnd])
        try TreeArchive.pack(files.path + "/tree", to: up.writeEnd)
        up.closeWrite()
        let went = try client.end(uploading)
        #expect(went.bytes == 24 && went.skipped == 0)
        #expect(try session.shell("in/here/bin/run; cat in/here/link").out == "ran\ndata\n")
        try session.shell("mkfifo in/here/fifo")
        let down = try TestPipe()
        let downloading = try client.begin(ActionDownload.self, at("in/here"), descriptors: [down.writeEnd])
        let bytes = down.drain()
        let came = try client.end(downloading)
        #expect(came.bytes == 24 && came.skipped == 1)
        let archive = open(files.path + "/back.tar", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(archive) }
        _ = bytes.withUnsafeBytes { Glibc.write(archive, $0.baseAddress, $0.count) }
        lseek(archive, 0, SEEK_SET)
        try TreeArchive.unpack(from: archive, to: files.path + "/back")
        #expect(files.read("back/bin/run") == files.read("tree/bin/run") && files.read("back/link") == "data\n")
    }

    /// A stream that points outside, and one that is none.
    @Test func noStreamLeadsOutside() throws {
        let files = try Scratch()
        let script = """
            import io, sys, tarfile
            out = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
            def add(name, kind=tarfile.REGTYPE, link="", data=b""):
                info = tarfile.TarInfo(name)
                info.type, info.linkname, info.size = kind, link, len(data)
                out.addfile(info, io.BytesIO(data))
            %@
            out.close()
            """
        for (lines, what) in [
            ("add('../escaped', data=b'x')", "dots"), ("add('/escaped', data=b'x')", "absolute"),
            ("add('l', tarfile.SYMTYPE, '/'); add('l/escaped', data=b'x')", "a link in the stream"),
            ("add('planted/escaped', data=b'x')", "a link that was there"),
            ("add('dev', tarfile.CHRTYPE)", "a device"), ("add('h', tarfile.LNKTYPE, '/etc/passwd')", "a hard link"),
        ] {
            try session.shell("rm -rf /app/in; mkdir /app/in; ln -s / /app/in/planted")
            try files.write("make.py", script.replacing("%@", with: lines))
            let made = try session.shell("python3 - > /tmp/x.tar") {
                $0.stdin = ByteContent(Array((files.read("make.py") ?? "").utf8))
            }
            #expect(made.exit == .exited(code: 0), "\(what): \(made.err)")
            let tar = try client.call(ActionRead.self, .init(session: session.token, path: "/tmp/x.tar")).content
            let pipe = try TestPipe()
            let call = try client.begin(ActionUpload.self, at("in"), descriptors: [pipe.readEnd])
            pipe.fill(tar?.bytes ?? [])
            // Refused, or done without leaving the directory.
            do { _ = try client.end(call) } catch let error as WireError { #expect(error.data.name == "fileFailed") }
            let seen = try session.shell("ls -d /escaped /app/escaped 2>/dev/null; find /app/in -type c")
            #expect(seen.out == "", "\(what)")
        }
        let pipe = try TestPipe()
        let call = try client.begin(ActionUpload.self, at("in"), descriptors: [pipe.readEnd])
        pipe.fill(Array(repeating: 0x41, count: 4096))
        #expect(throws: WireError.self) { _ = try client.end(call) }
    }

    @Test func errorsAreNamed() throws {
        try session.shell("mkdir d; echo x > f; mkdir -m 700 secret; echo s > secret/s; ln -s l l")
        for (path, reason) in [
            ("missing", "ENOENT"), ("d", "EISDIR"), ("f/x", "ENOTDIR"), ("l", "ELOOP"),
            (String(repeating: "n", count: 300), "ENAMETOOLONG"), ("/dev/null", "EINVAL"),
        ] {
            let refusal = try client.refusal(ActionRead.self, .init(session: session.token, path: path))
            #expect(refusal == "fileFailed \(reason)", "\(path.prefix(20))")
        }
        let other = ActionRead.Params(session: session.token, path: "secret/s", user: "nobody")
        #expect(try client.refusal(ActionRead.self, other) == "fileFailed EACCES")
        #expect(try client.refusal(ActionList.self, at("f")) == "fileFailed ENOTDIR")
        #expect(try client.refusal(ActionMakeDirectory.self, at("f")) == "fileFailed EEXIST")
        #expect(
            try client.refusal(ActionStat.self, .init(session: session.token, path: "missing")) == "fileFailed ENOENT"
        )
        #expect(try client.refusal(ActionRemove.self, .init(session: session.token, path: "no")) == "fileFailed ENOENT")
        let large = try client.call(ActionExec.self, session.program("head -c 400M /dev/zero > big"))
        #expect(large.err.contains("No space left"))
        let full = ActionWrite.Params(
            session: session.token,
            path: "more",
            content: ByteContent(Array(repeating: 65, count: 200_000))
        )
        #expect(try client.refusal(ActionWrite.self, full) == "fileFailed ENOSPC")

        func write(_ change: (inout ActionWrite.Params) -> Void) throws -> String {
            var params = ActionWrite.Params(session: session.token, path: "w", content: ByteContent("x"))
            change(&params)
            return try client.refusal(ActionWrite.self, params)
        }
        #expect(try write { $0.mode = "9" } == "invalidParams")
        #expect(try write { $0.mode = "7777" } == "invalidParams")
        #expect(try write { ($0.append, $0.exclusive) = (true, true) } == "invalidParams")
        #expect(try write { $0.content = nil } == "invalidParams")
        let negative = ActionRead.Params(session: session.token, path: "f", offset: -1)
        #expect(try client.refusal(ActionRead.self, negative) == "invalidParams")
        let short = ActionRead.Params(session: session.token, path: "f", length: -1)
        #expect(try client.refusal(ActionRead.self, short) == "invalidParams")
        // What is not a pipe would be more of the host than a stream.
        let null = open("/dev/zero", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        let nothing = ActionWrite.Params(session: session.token, path: "w", content: nil)
        #expect(try client.refusal(ActionWrite.self, nothing, descriptors: [null]) == "invalidParams")
        #expect(try client.refusal(ActionUpload.self, at("d"), descriptors: [null]) == "invalidParams")
        #expect(try client.refusal(ActionUpload.self, at("d")) == "invalidParams")
        #expect(try client.refusal(ActionList.self, at("d"), descriptors: [null]) == "invalidParams")
        #expect(try client.refusal(ActionExec.self, session.program("cat"), descriptors: [null]) == "invalidParams")
        #expect(try read("f") == "x\n")
    }
}
