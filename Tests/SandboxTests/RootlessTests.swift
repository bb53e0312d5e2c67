import Glibc
import Linux
import SandboxPlan
import Testing

@testable import Sandbox

/// Sandboxes of a daemon that is not root: with a range of subordinate ids, and with the caller's id alone.
@Suite(.serialized, .enabled(if: RootlessFixture.canTest, "becomes another user"), .timeLimit(.minutes(2)))
struct RootlessTests {
    @Test func oneIdentityIsEnoughForASandbox() async {
        await #expect(processExitsWith: .success) {
            let kernel = try await RootlessFixture.become(alone: true).kernel
            try await Self.buildsOnWhatIsThere(kernel)
            let sandbox = try await kernel.sandbox()
            var action = kernel.shell("id -u")
            action.user = .name("nobody")
            let error = await #expect(throws: SandboxError.self) { try await sandbox.run(action) }
            #expect(error?.description.contains("only root exists in this sandbox") == true)
            await sandbox.destroy()
        }
    }

    @Test(.enabled(if: RootlessFixture.hasIdentityTools, "needs newuidmap(1)"))
    func aSubordinateRangeHasOtherUsers() async throws {
        try await RootlessFixture.withSubordinateRange {
            await #expect(processExitsWith: .success) {
                let kernel = try await RootlessFixture.become().kernel
                #expect(kernel.host.identities.source == .shared(base: 1))
                // Two at a time: the range is everybody's.
                #expect(try kernel.host.identities.take() == kernel.identity)
                try await Self.buildsOnWhatIsThere(kernel)
                let sandbox = try await kernel.sandbox()
                let map = try await sandbox.run(kernel.shell("cat /proc/self/uid_map; stat -c %u /home/agent"))
                #expect(map.text.split(whereSeparator: \.isWhitespace) == ["0", "1", "65536", "1000"])
                var action = kernel.shell("id -u; echo x > /tmp/mine; test -w /etc")
                action.user = .name("nobody")
                let result = try await sandbox.run(action)
                #expect(result.text == "65534\n")
                #expect(result.end == .exited(code: 1))
                await sandbox.destroy()
            }
        }
    }

    @Test func limitsHoldForOneIdentity() async {
        await #expect(processExitsWith: .success) {
            let kernel = try await RootlessFixture.become(alone: true, inGroups: true).kernel
            try await Self.limitsHold(kernel)
        }
        RootlessFixture.removeGroups()
    }

    /// On v1 the sandbox's processes are neither root nor who opened the membership files.
    @Test(.enabled(if: RootlessFixture.hasIdentityTools, "needs newuidmap(1)"))
    func limitsHoldForASubordinateRange() async throws {
        try await RootlessFixture.withSubordinateRange {
            await #expect(processExitsWith: .success) {
                let kernel = try await RootlessFixture.become(inGroups: true).kernel
                #expect(kernel.host.identities.source == .shared(base: 1))
                try await Self.limitsHold(kernel)
            }
        }
        RootlessFixture.removeGroups()
    }

    // MARK: What holds in both

    /// The image, the system, a tree of the daemon's and a frozen layer, as root inside sees and changes them.
    private static func buildsOnWhatIsThere(_ kernel: KernelFixture) async throws {
        let tree = kernel.directory + "/tree"
        try #require(mkdir(tree, 0o755) == 0 && close(creat(tree + "/given", 0o644)) == 0)
        let layer = try await kernel.layer()
        let mount = PolicyMount(.copyOnWrite(path: tree, name: "tree"), at: "/tree")
        var policy = SandboxPolicy(image: kernel.image, identity: kernel.identity, layer: layer.name, mounts: [mount])
        let first = try await kernel.host.launch(policy, group: nil)
        let changed = try await first.run(
            kernel.shell(
                """
                id -u; stat -c %u /tree/given /etc/passwd
                echo more >> /tree/given && echo more >> /etc/hosts && touch /tmp/new
                rm -r /etc/ssl && mkdir /etc/ssl && ls /etc/ssl
                touch /usr/new 2>&1
                """
            )
        )
        #expect(changed.text == "0\n0\n0\ntouch: cannot touch '/usr/new': Read-only file system\n")
        await first.destroy()
        var status = stat()
        #expect(stat(tree + "/given", &status) == 0 && status.st_size == 0)

        let listed = try await kernel.host.read(layer, of: kernel.identity, listing: ["root/upper"])[0]
        #expect(listed.file("tmp/new")?.entry.mode == 0o100644)
        #expect(listed.items.contains { $0.entry.kind == .deleted && $0.entry.path == Array("etc/ssl".utf8) })

        policy.layer = try await kernel.layer().name
        policy.frozen = [layer.name]
        policy.mounts = []
        let second = try await kernel.host.launch(policy, group: nil)
        let seen = try await second.run(kernel.shell("ls /etc/ssl /tmp; tail -n 1 /etc/hosts; rmdir /etc/ssl"))
        #expect(seen.text == "/etc/ssl:\n\n/tmp:\nnew\nmore\n")
        #expect(seen.end == .exited(code: 0))
        try await servesWhoIsLive(second, kernel)
        await second.destroy()
    }

    /// What sessions need, as root inside.
    private static func servesWhoIsLive(_ sandbox: RunningSandbox, _ kernel: KernelFixture) async throws {
        let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: [])
        try await sandbox.writeFile("/tmp/live/file", Array("text".utf8), makesParents: true, as: root)
        #expect(try await sandbox.readFile("/tmp/live/file", limit: 9, as: root).bytes == Array("text".utf8))
        let (tar, packed) = try await sandbox.download("/tmp/live", as: root)
        #expect(try packed.get().entries == 1)
        #expect(try await sandbox.upload(tar, to: "/tmp/copy", as: root).entries == 1)
        try await sandbox.remove("/tmp/live", isRecursive: true, as: root)
        _ = try await sandbox.listen(at: "/run/executord/session.sock").raw
        var action = kernel.shell("tty; echo shown >/dev/tty; cat /tmp/copy/file; test -S /run/executord/session.sock")
        action.output = .terminal(rows: 24, columns: 80, head: 1000, tail: 0)
        let shown = try await sandbox.run(action)
        #expect(shown.end == .exited(code: 0))
        #expect(shown.stdout.head == Array("/dev/pts/0\r\nshown\r\ntext".utf8))
    }

    private static func limitsHold(_ kernel: KernelFixture) async throws {
        let tree = try CgroupTree.open(instance: "rootless")
        #expect(tree.enforceable == Set(CgroupLimitName.allCases))
        let group = try tree.makeGroup(name: "trial", limits: CgroupLimits(memoryBytes: 64 << 20, processes: 64))
        #expect(group.unenforced.isEmpty)
        let policy = SandboxPolicy(
            image: kernel.image,
            identity: kernel.identity,
            layer: try await kernel.layer().name
        )
        let sandbox = try await kernel.host.launch(policy, group: group)
        let killed = try await sandbox.run(kernel.shell("exec python3 -S -c 'b = bytearray(200 << 20)'"))
        #expect(killed.end == .outOfMemory)
        // A session of its own: no signal to the action's process group would reach it.
        let late = try await sandbox.run(kernel.shell("setsid sleep 60 & sleep 60", timeout: .milliseconds(200)))
        #expect(late.end == .timedOut)
        #expect(try await sandbox.inspect().processes == 0)
        #expect(try #require(late.cpu) > .zero)
        #expect(await sandbox.destroy() == 0)
        group.remove()
        tree.close()
    }
}
