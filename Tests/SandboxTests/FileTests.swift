import Glibc
import Linux
import Reactor
import SandboxPlan
import Testing

@testable import Sandbox

/// Files of a sandbox, touched from outside, with somebody inside who does not want that.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct FileTests {
    static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: [])
    static let agent = ActingUser(.ids(uid: 1000, gid: 1000), capabilities: [])

    private func withSandbox(_ body: (RunningSandbox, KernelFixture) async throws -> Void) async throws {
        let fixture = try await KernelFixture.make()
        let layer = try await fixture.host.makeLayer(
            for: fixture.identity,
            kind: .memory,
            bytes: 64 << 20,
            inodes: 16_384
        )
        let sandbox = try await fixture.sandbox { $0.layer = layer.name }
        do {
            try await body(sandbox, fixture)
        } catch {
            await sandbox.destroy()
            throw error
        }
        #expect(await sandbox.destroy() == 0)
    }

    /// The errno of the error that a request must end with.
    private func errno(_ body: () async throws(SandboxError) -> Void) async -> CInt? {
        do throws(SandboxError) { try await body() } catch {
            guard case .file(_, let errno) = error else {
                Issue.record("\(error)")
                return nil
            }
            return errno
        }
        return 0
    }

    @Test func whatIsWrittenIsRead() async throws {
        try await withSandbox { sandbox, _ in
            let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try await sandbox.writeFile("sub/dir/large", large, makesParents: true, as: Self.root, in: "/tmp")
            let all = try await sandbox.readFile("/tmp/sub/dir/large", limit: 4_000_000, as: Self.agent)
            #expect(all.bytes == large && all.size == 3_000_000)
            let part = try await sandbox.readFile("large", offset: 1000, limit: 10, as: Self.root, in: "/tmp/sub/dir")
            #expect(part.bytes == Array(large[1000..<1010]) && part.size == 3_000_000)
            #expect(
                try await sandbox.readFile("/tmp/sub/dir/large", offset: 1 << 40, limit: 1, as: Self.root).bytes == []
            )
            #expect(try await sandbox.readFile("/proc/1/status", limit: 1 << 16, as: Self.root).size > 100)

            let path: SandboxPath = "/tmp/note"
            try await sandbox.writeFile(path, Array("one".utf8), mode: 0o4640, as: Self.agent)
            try await sandbox.writeFile(path, Array("two".utf8), how: .append, as: Self.agent)
            #expect(
                await errno { () throws(SandboxError) in
                    try await sandbox.writeFile(path, [], how: .exclusive, as: Self.agent)
                } == EEXIST
            )
            #expect(try await sandbox.readFile(path, limit: 100, as: Self.agent).bytes == Array("onetwo".utf8))
            try await sandbox.writeFile(path, Array("3".utf8), as: Self.agent)
            let status = try await sandbox.status(path, as: Self.root)
            #expect(status.kind == .file && status.size == 1 && status.mode == 0o640)
            #expect(status.uid == 1000 && status.gid == 1000)
        }
    }

    @Test func contentGoesThroughDescriptors() async throws {
        try await withSandbox { sandbox, _ in
            let source = try SharedPipe()
            let copy = try SharedPipe()
            let bytes = [UInt8](repeating: 65, count: 60_000)
            #expect(source.writing.withRaw { write($0, bytes, bytes.count) } == bytes.count)
            _ = source.writing.take()
            let descriptor = try #require(source.reading.raw)
            #expect(try await sandbox.writeFile("/tmp/f", from: descriptor, as: Self.agent) == 60_000)
            #expect(try await sandbox.copyFile("/tmp/f", to: try #require(copy.writing.raw), as: Self.agent) == 60_000)
            _ = copy.writing.take()
            try copy.reading.setNonblocking()
            #expect(try await copy.reading.readAll(limit: 100_000, on: sandbox.reactor) == bytes)
        }
    }

    /// With the user's rights, not with those of pid 1.
    @Test func theUsersRightsDecide() async throws {
        try await withSandbox { sandbox, fixture in
            _ = try await sandbox.run(
                fixture.shell("mkdir -m 700 /secret; echo x >/secret/key; echo y >/tmp/closed; chmod 600 /tmp/closed")
            )
            let agent = Self.agent
            #expect(
                await errno { () throws(SandboxError) in
                    _ = try await sandbox.readFile("/secret/key", limit: 9, as: agent)
                } == EACCES
            )
            #expect(
                await errno { () throws(SandboxError) in
                    _ = try await sandbox.readFile("/tmp/closed", limit: 9, as: agent)
                } == EACCES
            )
            #expect(
                await errno { () throws(SandboxError) in try await sandbox.writeFile("/etc/passwd", [], as: agent) }
                    == EACCES
            )
            #expect(
                await errno { () throws(SandboxError) in _ = try await sandbox.list("/secret", as: agent) } == EACCES
            )
            #expect(
                await errno { () throws(SandboxError) in
                    try await sandbox.remove("/secret", isRecursive: true, as: agent)
                } == EACCES
            )
            #expect(
                await errno { () throws(SandboxError) in try await sandbox.makeDirectory("/secret/x", as: agent) }
                    == EACCES
            )
            // Nor those of root, where the profile leaves it none.
            _ = try await sandbox.run(fixture.shell("chown 1000 /tmp/closed 2>/dev/null; true"))
            try await sandbox.writeFile("/tmp/mine", [], mode: 0, as: agent)
            #expect(
                await errno { () throws(SandboxError) in
                    _ = try await sandbox.readFile("/tmp/mine", limit: 9, as: Self.root)
                } == EACCES
            )
            let powerful = ActingUser(.ids(uid: 0, gid: 0), capabilities: ConfinementProfile.rootCapabilities)
            #expect(try await sandbox.readFile("/tmp/mine", limit: 9, as: powerful).bytes == [])
            // Nobody's name is an error that says so.
            let nobody = ActingUser(.name("no-such-user"), capabilities: [])
            await #expect(throws: SandboxError.self) { try await sandbox.list("/", as: nobody) }
        }
    }

    @Test func whatIsNoFileIsRefusedAndNotWaitedFor() async throws {
        try await withSandbox { sandbox, fixture in
            _ = try await sandbox.run(
                fixture.shell(
                    """
                    cd /tmp; mkfifo fifo; mkdir dir; ln -s fifo link; ln -s loop loop
                    exec python3 -S -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
                    """
                )
            )
            for (name, kind) in [("fifo", FileKind.fifo), ("link", .fifo), ("dir", .directory), ("sock", .socket)] {
                let path = SandboxPath("/tmp/" + name)
                do {
                    _ = try await sandbox.readFile(path, limit: 9, as: Self.root, deadline: .seconds(5))
                    Issue.record("\(name) was read")
                } catch SandboxError.notRegular(let place, let found) {
                    #expect(place == path && found == kind)
                }
                await #expect(throws: SandboxError.self) {
                    try await sandbox.writeFile(path, [1], as: Self.root, deadline: .seconds(5))
                }
            }
            await #expect(throws: SandboxError.self) {
                try await sandbox.readFile("/dev/zero", limit: 9, as: Self.root, deadline: .seconds(5))
            }
            // A FIFO that somebody holds open is none the less a FIFO.
            _ = try await sandbox.start(fixture.shell("exec 3<>/tmp/fifo; exec sleep 60"))
            await #expect(throws: SandboxError.self) { try await sandbox.writeFile("/tmp/fifo", [1], as: Self.root) }
            #expect(
                await errno { () throws(SandboxError) in _ = try await sandbox.status("/tmp/loop", as: Self.root) }
                    == ELOOP
            )
            #expect(try await sandbox.status("/tmp/loop", followsLinks: false, as: Self.root).target == "loop")
        }
    }

    @Test func namesAreBytes() async throws {
        try await withSandbox { sandbox, fixture in
            let names: [[UInt8]] = [
                Array("new\nline".utf8), [0x66, 0xff, 0xfe], Array("back\\x41".utf8), Array("größe".utf8),
                [0x1b, 0x5b],
            ]
            let directory: SandboxPath = "/tmp/names"
            for name in names {
                let path = SandboxPath(bytes: Array("/tmp/names/".utf8) + name)
                try await sandbox.writeFile(path, name, makesParents: true, as: Self.root)
            }
            let listed = try await sandbox.list(directory, as: Self.root)
            #expect(listed.isComplete)
            #expect(Set(listed.entries.map(\.name.bytes)) == Set(names))
            for entry in listed.entries {
                // As a client gets it, and gives it back.
                let path = SandboxPath(printable: "/tmp/names/" + entry.name.description)
                #expect(try await sandbox.readFile(path, limit: 99, as: Self.root).bytes == entry.name.bytes)
            }
            #expect(
                await errno { () throws(SandboxError) in
                    _ = try await sandbox.status(SandboxPath(bytes: [0x2f, 0, 0x61]), as: Self.root)
                } == EINVAL
            )
            #expect(try await sandbox.run(fixture.shell("ls /tmp/names | wc -l")).text == "6\n")
        }
    }

    @Test func aListingHasAnEnd() async throws {
        try await withSandbox { sandbox, fixture in
            _ = try await sandbox.run(
                fixture.shell("mkdir /tmp/many; cd /tmp/many; seq 2000 | xargs touch; ln -s /x l")
            )
            let some = try await sandbox.list("/tmp/many", limit: 100, as: Self.agent)
            #expect(some.entries.count == 100 && !some.isComplete)
            let all = try await sandbox.list("many", limit: 2001, as: Self.agent, in: "/tmp")
            #expect(all.entries.count == 2001 && all.isComplete)
            #expect(all.entries.last?.name == "l" && all.entries.last?.status.target == "/x")
            #expect(all.entries.first?.name == "1" && all.entries.first?.status.kind == .file)
        }
    }

    @Test func removingGoesToTheBottomAndThroughNoLink() async throws {
        try await withSandbox { sandbox, fixture in
            let made = try await sandbox.run(
                fixture.shell(
                    """
                    mkdir /tmp/keep; echo x >/tmp/keep/this
                    exec python3 -S -c '
                    import os
                    os.mkdir("/tmp/top"); os.chdir("/tmp/top")
                    for i in range(5000):
                        os.mkdir("d")
                        if i % 10 == 0: os.mkdir("e"); os.symlink("/tmp/keep", "l")
                        os.chdir("d")
                    '
                    """
                )
            )
            #expect(made.end == .exited(code: 0), "\(made.errorText)")
            #expect(
                await errno { () throws(SandboxError) in try await sandbox.remove("/tmp/top", as: Self.root) }
                    == ENOTEMPTY
            )
            try await sandbox.remove("/tmp/top", isRecursive: true, as: Self.root)
            #expect(
                await errno { () throws(SandboxError) in _ = try await sandbox.status("/tmp/top", as: Self.root) }
                    == ENOENT
            )
            #expect(try await sandbox.readFile("/tmp/keep/this", limit: 9, as: Self.root).bytes == Array("x\n".utf8))
            _ = try await sandbox.run(fixture.shell("ln -s /tmp/keep /tmp/link; mkdir -p /tmp/a/b; touch /tmp/a/b/c"))
            try await sandbox.remove("/tmp/link", isRecursive: true, as: Self.root)
            try await sandbox.remove("/tmp/a", isRecursive: true, as: Self.root)
            #expect(
                try await sandbox.run(fixture.shell("ls /tmp /tmp/keep")).text == "/tmp:\nkeep\n\n/tmp/keep:\nthis\n"
            )
            #expect(
                await errno { () throws(SandboxError) in try await sandbox.remove("/tmp/none", as: Self.root) }
                    == ENOENT
            )
        }
    }

    @Test func directoriesAreMade() async throws {
        try await withSandbox { sandbox, _ in
            try await sandbox.makeDirectory("a/b/c", mode: 0o700, makesParents: true, as: Self.agent, in: "/tmp")
            try await sandbox.makeDirectory("/tmp/a/b/c", makesParents: true, as: Self.agent)
            let made = try await sandbox.status("/tmp/a/b/c", as: Self.root)
            #expect(made.kind == .directory && made.mode == 0o700 && made.uid == 1000)
            #expect(
                await errno { () throws(SandboxError) in try await sandbox.makeDirectory("/tmp/a", as: Self.agent) }
                    == EEXIST
            )
            #expect(
                await errno { () throws(SandboxError) in try await sandbox.makeDirectory("/tmp/x/y", as: Self.agent) }
                    == ENOENT
            )
            try await sandbox.writeFile("/tmp/f", [], as: Self.agent)
            #expect(
                await errno { () throws(SandboxError) in
                    try await sandbox.makeDirectory("/tmp/f/g", makesParents: true, as: Self.agent)
                } == ENOTDIR
            )
        }
    }

    @Test func whatTakesTooLongIsKilled() async throws {
        try await withSandbox { sandbox, _ in
            // Nobody ever writes the rest.
            let source = try SharedPipe()
            do {
                let descriptor = try #require(source.reading.raw)
                try await sandbox.writeFile("/tmp/f", from: descriptor, as: Self.agent, deadline: .milliseconds(200))
                Issue.record("it ended")
            } catch SandboxError.deadlineExceeded(let limit) {
                #expect(limit == .milliseconds(200))
            }
            while try await sandbox.inspect().processes > 0 { await Task.yield() }
            let cancelled = Task {
                try await sandbox.writeFile("/tmp/f", from: try #require(source.reading.raw), as: Self.agent)
            }
            while try await sandbox.inspect().processes == 0 { await Task.yield() }
            cancelled.cancel()
            await #expect(throws: (any Error).self) { try await cancelled.value }
            while try await sandbox.inspect().processes > 0 { await Task.yield() }
        }
    }

    /// An agent may stop or kill what runs under its own id; that costs it the answer, and nobody else anything.
    @Test func aWorkerThatIsStoppedFromInsideHasADeadline() async throws {
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell(
                "exec python3 -S -c 'import os\nprint(1, flush=True)\nwhile True:\n try: os.kill(-1, 19)\n except OSError: pass'"
            )
            action.user = .ids(uid: 1000, gid: 1000)
            action.timeout = nil
            let stopper = try await sandbox.start(action)
            for await _ in try #require(stopper.stdout).changes()
            where stopper.stdout?.slice(from: 0, limit: 9).total == 2 {
                break
            }
            // Until the stopper has been in time a few times.
            var slow = 0
            while slow < 3 {
                do { try await sandbox.writeFile("/tmp/f", [1], as: Self.agent, deadline: .milliseconds(100)) } catch {
                    slow += 1
                }
                #expect(try await sandbox.readFile("/etc/passwd", limit: 1, as: Self.root).bytes.count == 1)
            }
            await stopper.end()
            try await sandbox.writeFile("/tmp/f", [1], as: Self.agent)
        }
    }
}
