import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// Trees of images: made, shared and removed by workers in sandboxes, and whose files they are inside.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ImageTreesTests {
    private static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: ConfinementProfile.rootCapabilities)

    /// A tar stream in memory.
    private final class Bytes: TarInput, @unchecked Sendable {
        // One thread after the other reads it.
        private var rest: ArraySlice<UInt8>
        init(_ tar: TarStream) { rest = tar.finished[...] }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(SandboxError) -> Int {
            let piece = rest.prefix(buffer.count)
            buffer.copyBytes(from: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
    }

    private static func trees(_ kernel: KernelFixture) throws -> ImageTrees {
        let directory = kernel.directory + "/trees"
        try #require(mkdir(directory, 0o755) == 0)
        return ImageTrees(directory: directory, host: kernel.host, base: kernel.image)
    }

    private static func make(_ trees: ImageTrees, _ name: String, over below: String? = nil, _ tar: TarStream)
        async throws
        -> ImageTrees.Placement
    {
        try await trees.make(over: below, of: Bytes(tar), as: .imageLayer, interruption: try Interruption()) { _ in name
        }
    }

    private static var base: TarStream {
        var tar = TarStream()
        tar.add("etc/", type: "5", mode: 0o755)
        tar.add("etc/passwd", text: "root:x:0:0::/:/bin/sh\n")
        tar.add("etc/shadow", mode: 0o640, owner: 33, text: "secret")
        tar.add("tmp/", type: "5", mode: 0o1777)
        tar.add("closed/", type: "5", mode: 0o500)
        tar.add("closed/file", mode: 0o4755, text: "x")
        tar.add("second", type: "1", link: "closed/file")
        tar.add("dev/null", type: "3")
        return tar
    }

    /// What is made is root's and the others' inside, can be changed there, and is the same outside afterwards.
    private static func works(_ kernel: KernelFixture, owner: UInt32) async throws {
        let trees = try trees(kernel)
        let placement = try await make(trees, "one", base)
        #expect(placement.entries == 7 && placement.skipped == 1)
        #expect((placement.strangers > 0) == (owner == 0))
        var layer = TarStream()
        layer.add("etc/.wh.passwd")
        layer.add("etc/new", owner: 33, text: "n")
        _ = try await make(trees, "two", over: "one", layer)
        #expect(Set(trees.names) == ["one", "two"])

        for (name, present, absent) in [("one", "/etc/passwd", "/etc/new"), ("two", "/etc/new", "/etc/passwd")] {
            let image = Image(name: name, root: trees.path(name), trees: [:])
            let identity = try kernel.host.takeIdentity(for: image)
            let disk = try await kernel.host.makeLayer(for: identity, kind: .memory, bytes: 1 << 20, inodes: 256)
            let policy = SandboxPolicy(image: image, identity: identity, layer: disk.name)
            let sandbox = try await kernel.host.launch(policy, group: nil)
            let shadow = try await sandbox.status("/etc/shadow", as: root)
            #expect(shadow.uid == owner && shadow.gid == owner && shadow.mode == 0o640)
            #expect(try await sandbox.status("/tmp", as: root).mode == 0o1777)
            #expect(try await sandbox.status("/closed", as: root).mode == 0o500)
            let second = try await sandbox.status("/second", as: root)
            #expect(second.mode == 0o4755 && second.size == 1 && second.uid == 0)
            _ = try await sandbox.status(SandboxPath(present), as: root)
            await #expect(throws: SandboxError.self) { try await sandbox.status(SandboxPath(absent), as: root) }
            try await sandbox.writeFile("/etc/shadow", [65], as: root)
            #expect(try await sandbox.readFile("/etc/shadow", limit: 10, as: root).bytes == [65])
            await sandbox.destroy()
            try await kernel.host.removeLayer(disk)
            kernel.host.identities.giveBack(identity)
        }
        var status = stat()
        #expect(lstat(trees.path("one") + "/etc/shadow", &status) == 0 && status.st_size == 6 && status.st_nlink == 2)
        try await trees.remove("one")
        #expect(lstat(trees.path("two") + "/etc/shadow", &status) == 0 && status.st_nlink == 1)
        try await trees.remove("two")
        #expect(trees.names.isEmpty)
    }

    @Test(.enabled(if: RootlessFixture.canTest, "maps owners as root"))
    func ofRoot() async throws {
        try await Self.works(try await KernelFixture.make(), owner: 33)
    }

    @Test(.enabled(if: RootlessFixture.canTest, "becomes another user"))
    func ofOneIdentity() async {
        await #expect(processExitsWith: .success) {
            try await Self.works(try await RootlessFixture.become(alone: true).kernel, owner: 0)
        }
    }

    @Test(.enabled(if: RootlessFixture.canTest && RootlessFixture.hasIdentityTools, "needs newuidmap(1)"))
    func ofASubordinateRange() async throws {
        try await RootlessFixture.withSubordinateRange {
            await #expect(processExitsWith: .success) {
                try await Self.works(try await RootlessFixture.become().kernel, owner: 33)
            }
        }
    }

    @Test(
        "A tree that cannot be made is not there",
        .enabled(if: RootlessFixture.canTest, "maps owners as root"),
        arguments: ["../up", "/tmp/executord-absolute", "way/in", "d/hard", "way"]
    )
    func refused(_ name: String) async throws {
        let kernel = try await KernelFixture.make()
        let trees = try Self.trees(kernel)
        var tar = TarStream()
        tar.add("way", type: "2", link: "/tmp")
        tar.add("d/", type: "5", mode: 0o755)
        if name == "way" {
            // A link is replaced, not followed.
            tar.add("way/", type: "5", mode: 0o755)
            tar.add("way/inside", text: "x")
            _ = try await Self.make(trees, "tree", tar)
            #expect(access(trees.path("tree") + "/way/inside", F_OK) == 0 && access("/tmp/inside", F_OK) != 0)
            return
        }
        tar.add(name, type: name == "d/hard" ? "1" : "0", link: name == "d/hard" ? "way/passwd" : "", text: "")
        await #expect(throws: SandboxError.self) { try await Self.make(trees, "tree", tar) }
        let left = try #require(opendir(trees.directory))
        defer { closedir(left) }
        var count = 0
        while readdir(left) != nil { count += 1 }
        #expect(count == 2)
    }
}
