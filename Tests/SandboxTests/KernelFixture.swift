import Glibc
import Linux
import Reactor
import SandboxPlan
import Testing

@testable import Sandbox

/// A sandbox host for kernel tests: the built `executord-init`, a private directory, the host image.
struct KernelFixture {
    let host: SandboxHost
    let image: Image
    let directory: String
    let identity: Identity

    /// Every system call allowed: for tests of the other walls.
    static let open = ConfinementProfile(name: "open", seccomp: [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f], capabilities: [])

    static func make(
        identities: HostIdentities = .find(),
        program: String = builtProgram("executord-init")
    ) async throws -> KernelFixture {
        // As the daemon does: what is written to an action that has ended must not end the writer.
        signal(SIGPIPE, SIG_IGN)
        var template = Array("/tmp/executord-test-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        let directory = String(cString: made)
        #expect(chmod(directory, 0o755) == 0)
        for name in ["mounts", "mounts-images", "adopted", "images"] {
            #expect(mkdir("\(directory)/\(name)", 0o755) == 0)
        }
        let host = try await SandboxHost.start(
            program: program,
            mounts: "\(directory)/mounts",
            adopted: "\(directory)/adopted",
            supplied: "\(directory)/images",
            identities: identities,
            spawner: try Spawner.start(),
            reactor: try Reactor.start()
        )
        let image = try HostImage.prepare(in: "\(directory)/images")
        return KernelFixture(host: host, image: image, directory: directory, identity: try host.identities.take())
    }

    /// Built programs lie beside the test bundle.
    static func builtProgram(_ name: String) -> String {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/"
            + name
    }

    func layer() async throws -> Layer {
        try await host.makeLayer(for: identity, kind: .memory, bytes: 16 << 20, inodes: 4096)
    }

    func policy() async throws -> SandboxPolicy {
        SandboxPolicy(image: image, identity: identity, layer: try await layer().name)
    }

    func sandbox(_ change: (inout SandboxPolicy) -> Void = { _ in }) async throws -> RunningSandbox {
        var policy = try await policy()
        change(&policy)
        return try await host.launch(policy, group: nil)
    }

    func shell(_ command: String, timeout: Duration = .seconds(20)) -> SandboxAction {
        SandboxAction(
            argv: ["/bin/sh", "-c", command],
            environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: "/",
            user: .ids(uid: 0, gid: 0),
            profile: Self.open,
            timeout: timeout
        )
    }
}

/// A sandbox of a fixture of its own, of which nothing may be left at its end.
func withSandbox(_ body: (RunningSandbox, KernelFixture) async throws -> Void) async throws {
    let fixture = try await KernelFixture.make()
    let sandbox = try await fixture.sandbox()
    do {
        try await body(sandbox, fixture)
    } catch {
        await sandbox.destroy()
        throw error
    }
    #expect(await sandbox.destroy() == 0)
}

extension ActionResult {
    var text: String { String(decoding: stdout.head, as: UTF8.self) }
    var errorText: String { String(decoding: stderr.head, as: UTF8.self) }
}
