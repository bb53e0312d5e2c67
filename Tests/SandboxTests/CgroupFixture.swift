import FoundationEssentials
import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// A tree of its own on the real hierarchies of this host, and sandboxes in it.
struct CgroupFixture {
    let kernel: KernelFixture
    let tree: CgroupTree
    let instance: String

    static func make(_ name: String) async throws -> CgroupFixture {
        let instance = "test-\(getpid())-\(name)"
        let tree = try CgroupTree.open(instance: instance)
        return CgroupFixture(kernel: try await KernelFixture.make(), tree: tree, instance: instance)
    }

    /// Of the host's image, with limits that are soon met.
    var order: SandboxOrder {
        SandboxOrder(
            SandboxForm(image: kernel.image),
            limits: CgroupLimits(memoryBytes: 64 << 20, processes: 30),
            layerBytes: 16 << 20,
            layerInodes: 500,
            allowUnenforced: false
        )
    }

    /// Layers that the launcher has mounted; what it makes ahead shares its mounts.
    func layers() throws -> [String] {
        let all = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }
        let place = kernel.directory + "/mounts/layer-"
        return all.flatMap { pid in
            let text = (try? String(contentsOfFile: "/proc/\(pid)/mountinfo", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").filter { $0.contains(place) }.map(String.init)
        }
    }

    /// Runs the body with a sandbox that has these limits, and holds the end to "nothing is left".
    func withSandbox(
        _ limits: CgroupLimits,
        _ body: (RunningSandbox, CgroupGroup) async throws -> Void
    ) async throws {
        let group = try tree.makeGroup(name: "trial", limits: limits)
        #expect(group.unenforced.isEmpty)
        var policy = SandboxPolicy(
            image: kernel.image,
            identity: kernel.identity,
            layer: try await kernel.layer().name
        )
        policy.hostname = "limited"
        let sandbox = try await kernel.host.launch(policy, group: group)
        do {
            try await body(sandbox, group)
        } catch {
            await sandbox.destroy()
            tree.close()
            throw error
        }
        #expect(await sandbox.destroy() == 0)
        group.remove()
        tree.close()
        #expect(CgroupTree.sweep(instance: instance) == 0)
        #expect(try Self.leftovers(of: instance).isEmpty)
    }

    /// Directories of our subtree that still exist in any hierarchy.
    static func leftovers(of instance: String) throws -> [String] {
        CgroupLayout.current().hierarchies.compactMap { hierarchy in
            let path = "\(hierarchy.directory)/executord-\(instance)"
            return access(path, F_OK) == 0 ? path : nil
        }
    }
}

/// A process of the host's that sits in a group until it is killed, and what it forks.
struct HostProcess {
    let pid: pid_t

    /// Starts `sh -c command` in a group; the shell joins before it runs the command.
    init(_ command: String, joining descriptors: [CInt]) throws {
        let joins = descriptors.map { "echo 0 > /proc/\(getpid())/fd/\($0); " }.joined()
        let words = ["sh", "-c", joins + command]
        var arguments = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        try #require(posix_spawn(&child, "/bin/sh", nil, nil, arguments, environ) == 0)
        pid = child
    }

    func reap() {
        var status: CInt = 0
        _ = waitpid(pid, &status, 0)
    }

    /// Waits, bounded, for something that another process is about to do.
    static func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<5000 {
            if condition() { return true }
            _ = usleep(1000)
        }
        return condition()
    }
}
