import Glibc
import Linux
import Reactor
import SandboxPlan
import Testing

@testable import Sandbox

/// Directory trees in and out as tar streams, with traps in the stream and in the sandbox.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct TreeTests {
    private static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: [])
    private static let agent = ActingUser(.ids(uid: 1000, gid: 1000), capabilities: [])

    private func withSandbox(
        bytes: UInt64 = 64 << 20,
        inodes: UInt64 = 16_384,
        _ body: (RunningSandbox, KernelFixture) async throws -> Void
    ) async throws {
        let fixture = try await KernelFixture.make()
        let kernel = fixture.host
        let layer = try await kernel.makeLayer(for: fixture.identity, kind: .memory, bytes: bytes, inodes: inodes)
        let sandbox = try await fixture.sandbox { $0.layer = layer.name }
        do {
            try await body(sandbox, fixture)
        } catch {
            await sandbox.destroy()
            throw error
        }
        #expect(await sandbox.destroy() == 0)
    }

    /// The error of an upload that must fail.
    private func refusal(_ tar: TarStream, _ sandbox: RunningSandbox, to path: SandboxPath = "/tmp/t") async -> String {
        do {
            _ = try await sandbox.upload(tar.finished, to: path, as: Self.root)
            return "nothing"
        } catch { return "\(error)" }
    }

    @Test func everythingArrivesAsItWas() async throws {
        try await withSandbox { sandbox, fixture in
            var tar = TarStream()
            tar.add("./", type: "5", mode: 0o755)
            tar.add("./program", mode: 0o6755, text: "run")
            tar.add("deep/er/file", mode: 0o600, text: "content")
            tar.add("link", type: "2", link: "/etc/passwd")
            tar.add("second", type: "1", link: "deep/er/file")
            tar.add("closed/", type: "5", mode: 0o500)
            tar.add("closed/inner", text: "x")
            tar.add([0x66, 0xff, 10], content: [1, 2, 3])
            let sent = try await sandbox.upload(tar.finished, to: "/tmp/new/target", as: Self.agent)
            #expect(sent == TreeTransfer(entries: 7, bytes: 14, skipped: 0))
            var look = fixture.shell(

                """
                cd /tmp/new/target; stat -c '%n %F %a %u %g' program deep deep/er/file link second closed closed/inner
                stat -c %Y program; cat program second deep/er/file closed/inner; readlink link; test deep/er/file -ef second && ls | wc -l
                """
            )
            look.user = Self.agent.user
            let seen = try await sandbox.run(look)
            #expect(
                seen.text == """
                    program regular file 755 1000 1000
                    deep directory 755 1000 1000
                    deep/er/file regular file 600 1000 1000
                    link symbolic link 777 1000 1000
                    second regular file 600 1000 1000
                    closed directory 500 1000 1000
                    closed/inner regular file 644 1000 1000
                    1000000000
                    runcontentcontentx/etc/passwd
                    7

                    """
            )
            #expect(
                try await sandbox.list("/tmp/new/target", as: Self.root).entries.contains {
                    $0.name.bytes == [0x66, 0xff, 10]
                }
            )
        }
    }

    @Test func whatIsThereIsMergedWith() async throws {
        try await withSandbox { sandbox, fixture in
            _ = try await sandbox.run(
                fixture.shell(
                    "mkdir -p /tmp/t/sub; cd /tmp/t; echo old >a; echo old >sub/keep; ln a twin; ln -s /etc/passwd link"
                )
            )
            var tar = TarStream()
            tar.add("sub", type: "5", mode: 0o700)
            tar.add("a", text: "new")
            tar.add("link", text: "mine")
            tar.add("sub/more", text: "more")
            _ = try await sandbox.upload(tar.finished, to: "/tmp/t/", as: Self.root)
            // Replaced, not written through: neither the other name of the file nor the link's target is touched.
            let seen = try await sandbox.run(
                fixture.shell("cd /tmp/t; cat a twin link sub/more sub/keep; stat -c %a sub; grep -c root /etc/passwd")
            )
            #expect(seen.text == "newold\nminemoreold\n755\n1\n")
            var over = TarStream()
            over.add("sub", text: "a file")
            #expect(await refusal(over, sandbox).hasPrefix("/tmp/t/sub: Is a directory"))
            var below = TarStream()
            below.add("a/x", text: "a file")
            #expect(await refusal(below, sandbox).hasPrefix("/tmp/t/a/x: Not a directory"))
        }
    }

    @Test func noLinkLeadsOutside() async throws {
        try await withSandbox { sandbox, fixture in
            let plant = """
                mkdir -p /tmp/t /tmp/outside; cd /tmp/t; ln -s /tmp/outside child; ln -s ../outside up
                ln -s /proc/1/root magic; mkdir real; ln -s real inner
                """
            _ = try await sandbox.run(fixture.shell(plant))
            for name in ["child/x", "up/x", "magic/tmp/outside/x", "inner/x"] {
                var tar = TarStream()
                tar.add(name, text: "bad")
                let error = await refusal(tar, sandbox)
                #expect(error.hasPrefix("/tmp/t/\(name): "), "\(error)")
            }
            for name in ["child", "up"] {
                var tar = TarStream()
                tar.add(name, type: "5")
                #expect(await refusal(tar, sandbox).hasPrefix("/tmp/t/\(name): Not a directory"))
            }
            // A link in the stream, and then something through it.
            var tar = TarStream()
            tar.add("way", type: "2", link: "/tmp/outside")
            tar.add("way/x", text: "bad")
            #expect(await refusal(tar, sandbox).hasPrefix("/tmp/t/way/x: "))
            // Hard links to what is outside, by a name or by a link.
            for target in ["../outside/secret", "/tmp/outside/secret", "child/secret", "magic/etc/passwd", "way"] {
                var tar = TarStream()
                tar.add("hard", type: "1", link: target)
                #expect(await refusal(tar, sandbox) != "nothing", "\(target)")
            }
            #expect(await refusal(TarStream(), sandbox, to: "/tmp/t/child").hasPrefix("/tmp/t/child: "))
            #expect(await refusal(TarStream(), sandbox, to: "/tmp/t/child/").hasPrefix("/tmp/t/child: "))
            #expect(
                try await sandbox.run(fixture.shell("ls -A /tmp/outside /tmp/t/real; ls /tmp/t/hard")).text
                    == "/tmp/outside:\n\n/tmp/t/real:\n"
            )
        }
    }

    @Test func streamsThatLieAreRefusedByName() async throws {
        try await withSandbox { sandbox, _ in
            for (name, type) in [("fifo", "6"), ("disk", "4"), ("tty", "3")] as [(String, Character)] {
                var tar = TarStream()
                tar.add("good", text: "x")
                tar.add(name, type: type)
                #expect(await refusal(tar, sandbox).hasPrefix("\(name): a "))
            }
            for name in ["../x", "a/../../x", "/abs", ".."] {
                var tar = TarStream()
                tar.add(name, text: "x")
                #expect(await refusal(tar, sandbox).hasPrefix("\(name): "))
            }
            var short = TarStream()
            short.add(Array("short".utf8), content: [1], claimedSize: 5000)
            do {
                _ = try await sandbox.upload(Array(short.bytes), to: "/tmp/t", as: Self.root)
                Issue.record("taken")
            } catch { #expect("\(error)".contains("short") || "\(error)".contains("broken"), "\(error)") }
            await #expect(throws: SandboxError.self) {
                try await sandbox.upload([UInt8](repeating: 7, count: 5000), to: "/tmp/t", as: Self.root)
            }
            var deep = TarStream()
            deep.add("a/b/c/d", text: "x")
            await #expect(throws: SandboxError.self) {
                try await sandbox.upload(deep.finished, to: "/tmp/t", as: Self.root, limits: TreeLimits(depth: 2))
            }
            var large = TarStream()
            large.add("l", text: String(repeating: "x", count: 5000))
            do {
                _ = try await sandbox.upload(
                    large.finished,
                    to: "/tmp/t",
                    as: Self.root,
                    limits: TreeLimits(fileBytes: 4999)
                )
                Issue.record("taken")
            } catch SandboxError.tooLarge(let path, _) { #expect(path == "l") }
            // Not the user's to write.
            do {
                _ = try await sandbox.upload(large.finished, to: "/etc", as: Self.agent)
                Issue.record("taken")
            } catch SandboxError.file(let path, let errno) { #expect(path == "/etc/l" && errno == EACCES) }
        }
    }

    /// Headers that describe more than is there: nothing of it is made, and nobody keeps it in memory.
    @Test func headersThatPromiseTooMuchAreRefused() async throws {
        func pax(_ pairs: [(String, String)]) -> [UInt8] {
            Array(
                pairs.map { key, value in
                    let rest = " \(key)=\(value)\n"
                    return "\((10...999).first { "\($0)".count + rest.utf8.count == $0 } ?? 0)" + rest
                }.joined().utf8
            )
        }
        let name = Array("file".utf8)
        try await withSandbox { sandbox, fixture in
            let headers: [(Character, [UInt8], Int?)] = [
                ("L", [65], 0o77777777777), ("K", [65], 0o77777777777), ("x", [65], 0o77777777777),
                ("g", [65], 0o77777777777), ("L", [UInt8](repeating: 65, count: 3 << 20), nil),
                ("x", pax([("size", "\(1 << 50)")]), nil), ("x", pax([("size", "-1")]), nil),
                ("x", pax([("path", "../outside")]), nil), ("x", pax([("path", "/tmp/outside")]), nil),
                (
                    "x",
                    pax([("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "\(1 << 50)")]),
                    nil
                ),
                ("x", pax([("GNU.sparse.size", "\(1 << 50)"), ("GNU.sparse.map", "0,1,\(1 << 49),1")]), nil),
            ]
            for (type, content, size) in headers {
                var tar = TarStream()
                tar.add(Array("header".utf8), type: type, content: content, claimedSize: size)
                tar.add(name, content: [UInt8](repeating: 120, count: 600))
                let place = "\(type) \(String(decoding: content.prefix(60), as: UTF8.self))"
                let refused = await refusal(tar, sandbox)
                #expect(refused != "nothing", "\(place)")
            }
            // The target itself may have been made by then.
            let seen = try await sandbox.run(fixture.shell("find /tmp -mindepth 1 ! -path /tmp/t"))
            #expect(seen.text == "" && seen.end == .exited(code: 0), "\(seen.text)")
        }
    }

    @Test func aDownloadBringsWhatIsThereAndCountsTheRest() async throws {
        try await withSandbox { sandbox, fixture in
            let plant = """
                mkdir -p /tmp/t/sub /tmp/outside; cd /tmp/t; echo one >one; chmod 4750 one; ln -s /tmp/outside out; ln one two
                echo secret >/tmp/outside/secret; mkfifo fifo; echo three >sub/three; touch "$(printf 'n\\nl')"
                exec python3 -S -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock"); open(b"f\\xff", "w")'
                """
            #expect(try await sandbox.run(fixture.shell(plant)).end == .exited(code: 0))
            let (tar, transfer) = try await sandbox.download("/tmp/t", as: Self.root)
            #expect(try transfer.get() == TreeTransfer(entries: 7, bytes: 14, skipped: 2))
            // There and back again.
            _ = try await sandbox.upload(tar, to: "/tmp/back", as: Self.root)
            let seen = try await sandbox.run(
                fixture.shell(
                    "cd /tmp/back; cat one two sub/three; readlink out; stat -c %a one; ls -b; diff -r --no-dereference /tmp/t /tmp/back"
                )
            )
            #expect(
                seen.text.hasPrefix("one\none\nthree\n/tmp/outside\n750\nf\\377\nn\\nl\none\nout\nsub\ntwo\n"),
                "\(seen.text)"
            )
            let (file, one) = try await sandbox.download("/tmp/t/one", as: Self.root)
            #expect(try one.get().entries == 1)
            #expect(String(decoding: file.prefix(4), as: UTF8.self) == "one\0")
            let (_, none) = try await sandbox.download("/tmp/none", as: Self.root)
            #expect(throws: SandboxError.self) { try none.get() }
        }
    }

    /// The error of a download that must fail.
    private func outcome(
        of path: SandboxPath,
        _ sandbox: RunningSandbox,
        _ limits: TreeLimits = .transfer
    ) async throws -> String {
        let (tar, transfer) = try await sandbox.download(path, as: Self.agent, limits: limits)
        // An unfinished stream has no end mark.
        #expect(tar.isEmpty || tar.suffix(1024).contains { $0 != 0 } || tar.count % 512 != 0)
        guard case .failure(let error) = transfer else { return "nothing" }
        return "\(error)"
    }

    @Test func aDownloadThatWouldBeTooMuchSaysSo() async throws {
        try await withSandbox { sandbox, fixture in
            let plant = """
                mkdir -p /tmp/sparse /tmp/many /tmp/closed; truncate -s 1T /tmp/sparse/huge; cd /tmp/many; seq 300 | xargs touch
                echo x >/tmp/closed/key; chmod 600 /tmp/closed/key
                exec python3 -S -c '
                import os
                os.mkdir("/tmp/deep"); os.chdir("/tmp/deep")
                for i in range(5000): os.mkdir("d"); os.chdir("d")
                '
                """
            let planted = try await sandbox.run(fixture.shell(plant))
            #expect(planted.end == .exited(code: 0))
            #expect(try await outcome(of: "/tmp/sparse", sandbox).hasPrefix("/tmp/sparse/huge: a file of more than"))
            #expect(
                try await outcome(of: "/tmp/many", sandbox, TreeLimits(entries: 299)).contains("more than 299 entries")
            )
            #expect(try await outcome(of: "/tmp/deep", sandbox).contains("deeper than 128 directories"))
            #expect(try await outcome(of: "/tmp/closed", sandbox).hasPrefix("/tmp/closed/key: Permission denied"))
        }
    }

    @Test func muchGoesThroughLittle() async throws {
        try await withSandbox(bytes: 200 << 20, inodes: 30_000) { sandbox, fixture in
            let plant = """
                mkdir /tmp/t; cd /tmp/t; head -c 60000000 /dev/urandom >large
                exec python3 -S -c '
                import os
                for d in range(100):
                    os.mkdir(str(d))
                    for i in range(100): open(f"{d}/{i}", "w").write("x" * i)
                '
                """
            #expect(try await sandbox.run(fixture.shell(plant)).end == .exited(code: 0))
            // From one to the other, through a pipe: neither side has it all.
            let pipe = try SharedPipe()
            let down = Task {
                defer { _ = pipe.writing.take() }
                return try await sandbox.download("/tmp/t", tarTo: pipe.writing.raw ?? -1, as: Self.root)
            }
            let up = try await sandbox.upload(tarFrom: try #require(pipe.reading.raw), to: "/tmp/u", as: Self.root)
            #expect(up.entries == 10_101)
            #expect(try await down.value == up)
            #expect(try await sandbox.run(fixture.shell("diff -r /tmp/t /tmp/u && echo same")).text == "same\n")
        }
    }

    /// Whoever places the entries has gone long before the stream ends.
    @Test func aStreamMayEndLate() async throws {
        try await withSandbox { sandbox, _ in
            var tar = TarStream()
            tar.add("file", text: "content")
            let bytes = tar.finished
            let pipe = try SharedPipe()
            let descriptor = try #require(pipe.reading.raw)
            #expect(pipe.writing.withRaw { write($0, bytes, bytes.count) } == bytes.count)
            let upload = Task { try await sandbox.upload(tarFrom: descriptor, to: "/tmp/t", as: Self.root) }
            while (try? await sandbox.status("/tmp/t/file", as: Self.root))?.size != 7 { await Task.yield() }
            while try await sandbox.inspect().processes > 0 { await Task.yield() }
            #expect(pipe.writing.withRaw { write($0, [UInt8](repeating: 0, count: 8192), 8192) } == 8192)
            _ = pipe.writing.take()
            #expect(try await upload.value == TreeTransfer(entries: 1, bytes: 7, skipped: 0))
        }
    }

    @Test func whoNeverReadsOrWritesIsNotWaitedFor() async throws {
        try await withSandbox { sandbox, fixture in
            _ = try await sandbox.run(fixture.shell("mkdir /tmp/t; head -c 5000000 /dev/zero >/tmp/t/f"))
            let pipe = try SharedPipe()
            let (reading, writing) = (try #require(pipe.reading.raw), try #require(pipe.writing.raw))
            let up = await #expect(throws: SandboxError.self) {
                try await sandbox.upload(tarFrom: reading, to: "/tmp/u", as: Self.root, deadline: .milliseconds(200))
            }
            guard case .deadlineExceeded = up else { throw try #require(up) }
            let down = await #expect(throws: SandboxError.self) {
                try await sandbox.download("/tmp/t", tarTo: writing, as: Self.root, deadline: .milliseconds(200))
            }
            guard case .deadlineExceeded = down else { throw try #require(down) }
            let cancelled = Task { try await sandbox.download("/tmp/t", tarTo: writing, as: Self.root) }
            while try await sandbox.inspect().processes == 0 { await Task.yield() }
            cancelled.cancel()
            await #expect(throws: (any Error).self) { try await cancelled.value }
            // A reader that goes away.
            let leaving = Task { try await sandbox.download("/tmp/t", tarTo: writing, as: Self.root) }
            while try await sandbox.inspect().processes == 0 { await Task.yield() }
            _ = pipe.reading.take()
            await #expect(throws: (any Error).self) { try await leaving.value }
            while try await sandbox.inspect().processes > 0 { await Task.yield() }
        }
    }
}
