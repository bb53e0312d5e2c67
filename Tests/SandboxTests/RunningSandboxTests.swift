import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

@Suite(.serialized)
struct RunningSandboxTests {
    @Test func runsAProgramAndReportsItsEnd() async throws {
        let fixture = try await KernelFixture.make()
        let sandbox = try await fixture.sandbox()
        let result = try await sandbox.run(fixture.shell("echo out; echo err >&2; exit 7"))
        #expect(result.end == .exited(code: 7))
        #expect(result.text == "out\n")
        #expect(result.errorText == "err\n")
        #expect(await sandbox.destroy() == 0)
    }

    @Test func showsNothingOfTheHost() async throws {
        let fixture = try await KernelFixture.make()
        let sandbox = try await fixture.sandbox()
        let result = try await sandbox.run(
            fixture.shell(
                """
                id -u; hostname; cat /proc/sys/kernel/pid_max >/dev/null && ls -d /proc/[0-9]* | wc -l
                ls /; ls /etc; cat /proc/self/mountinfo; cat /proc/self/uid_map; ls -la /usr/bin/env; env; ls /dev
                """
            )
        )
        print(result.text, result.errorText)
        #expect(result.end == .exited(code: 0))
        await sandbox.destroy()
    }
}
