import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// The system calls that an action was refused.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct DeniedCallTests {
    private func run(_ command: String) async throws -> ActionResult {
        let fixture = try await KernelFixture.make()
        let sandbox = try await fixture.sandbox()
        var action = fixture.shell(command)
        action.profile = try .compiled(.standard)
        let result = try await sandbox.run(action)
        await sandbox.destroy()
        return result
    }

    @Test func ordinaryProgramsAreRefusedNothing() async throws {
        let result = try await run("ls -l / | sort | head -n 3; perl -e 'fork; exit'; (sleep 0.01 &); id")
        #expect(result.end == .exited(code: 0) && result.denied == [:], "\(result)")
    }

    @Test func eachIsNamedAndCountedWithItsAnswer() async throws {
        // mount, unshare, a raw socket of IPv4, one of AF_VSOCK; io_uring_setup is answered by the filter itself.
        let calls = "syscall(165), syscall(165), syscall(272, 0), syscall(41, 2, 3, 0), syscall(41, 40, 1, 0)"
        let result = try await run("perl -e '\(calls), syscall(425, 0); exec \"true\"'")
        #expect(result.end == .exited(code: 0), "\(result.errorText)")
        #expect(
            result.denied == [
                .init(call: "mount", errno: Int(EPERM)): 2, .init(call: "unshare", errno: Int(EPERM)): 1,
                .init(call: "socket", errno: Int(EPERM)): 1, .init(call: "socket", errno: Int(EAFNOSUPPORT)): 1,
            ]
        )
    }

    @Test func whoDoesNothingElseIsRefusedAllTheSame() async throws {
        let result = try await run("perl -e 'for (1..10100) { syscall(165) == -1 or exit 1 } print $!+0'")
        #expect(result.text == "\(ENOSYS)", "\(result)")
        #expect(result.denied == [.init(call: "mount", errno: Int(EPERM)): DeniedCalls.maximum])
    }

    @Test func aTreeThatAsksForEverEndsWithItsAction() async throws {
        let fixture = try await KernelFixture.make()
        let sandbox = try await fixture.sandbox()
        // Each of many short-lived processes asks, also those that outlive the action's first.
        var action = fixture.shell("(while :; do perl -e 'syscall(165)'; done) & exit 0")
        action.profile = try .compiled(.standard)
        let live = try await sandbox.start(action)
        #expect(await live.wait().end == .exited(code: 0))
        #expect(try await sandbox.run(fixture.shell("echo well")).text == "well\n")
        await live.end()
        #expect(await sandbox.destroy() == 0)
    }
}
