import FoundationEssentials
import Glibc
import Reactor
import SandboxPlan
import Testing

@testable import Sandbox

/// Programs at the two ends of a sandbox's life, and how programs are begun in the middle of it.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct FirstAndLastActionTests {
    @Test func theSandboxEndsByItselfWithItsLastAction() async throws {
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell("sleep 1000 >/dev/null 2>&1 & echo done; exit 3")
            action.isLast = true
            let result = try await sandbox.run(action)
            #expect(result.end == .exited(code: 3))
            #expect(result.text == "done\n")
            #expect(result.changes != nil)
            let ended = await withDeadline(.seconds(20)) {
                while await sandbox.stands { try? await Task.sleep(for: .milliseconds(1)) }
                return true
            }
            #expect(ended == true)
            await #expect(throws: SandboxError.self) { try await sandbox.run(fixture.shell("true")) }
        }
    }

    @Test func aLastActionThatCannotBeStartedEndsNothing() async throws {
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell("true")
            action.argv = ["/nowhere"]
            action.isLast = true
            let unstartable = action
            await #expect(throws: SandboxError.self) { try await sandbox.run(unstartable) }
            let next = try await sandbox.run(fixture.shell("echo on"))
            #expect(next.text == "on\n")
        }
    }

    @Test func aFirstActionBeginsWithTheSandboxWhichGoesOn() async throws {
        let fixture = try await KernelFixture.make()
        let policy = try await fixture.policy()
        let (sandbox, first) = try await fixture.host.launch(
            policy,
            first: fixture.shell("echo first; pwd")
        ) {
            nil
        }
        #expect(try await first?.finished().text == "first\n/\n")
        #expect(try await sandbox.run(fixture.shell("echo second")).text == "second\n")
        #expect(await sandbox.destroy() == 0)
    }

    @Test func aFirstActionIsGivenUpWhereNoSandboxStands() async throws {
        let fixture = try await KernelFixture.make()
        var policy = try await fixture.policy()
        policy.mounts.append(PolicyMount(.layer(path: "no-such-layer"), at: "/x"))
        let error = await #expect(throws: SandboxError.self) {
            try await fixture.host.launch(policy, first: fixture.shell("true")) { nil }
        }
        guard case .setupFailed = error else { throw try #require(error) }
        #expect(fixture.host.liveSandboxes == 0)
    }

    /// A new program borrows pid 1's memory only while nobody is there who could stop it before it lets go.
    @Test func whoStopsEveryNewProgramDoesNotStopPidOne() async throws {
        try await withSandbox { sandbox, fixture in
            let stopper = try await sandbox.start(fixture.shell("echo; while :; do kill -STOP -1; done"))
            let output = try #require(stopper.stdout)
            let held = Task {
                while output.snapshot().head.isEmpty { await Task.yield() }
                _ = try? await sandbox.run(fixture.shell("sleep 1000", timeout: .seconds(2)))
            }
            let answered = try await withDeadline(.seconds(20)) { () async throws(SandboxError) in
                // The one that stops, and the one that is stopped.
                while try await sandbox.inspect().processes < 2 {}
                return true
            }
            #expect(answered == true)
            await stopper.end()
            await held.value
            #expect(try await sandbox.run(fixture.shell("echo on")).text == "on\n")
        }
    }

    /// Who changes ids in borrowed memory changes whether its owner can be looked into; see proc(5), fs.suid_dumpable.
    @Test(.enabled(if: geteuid() == 0, "fs.suid_dumpable is root's to set"))
    func pidOneStaysClosedWhateverTheHostSaysOfChangedIds() async throws {
        let setting = "/proc/sys/fs/suid_dumpable"
        let before = try #require(try? String(contentsOfFile: setting, encoding: .utf8))
        try "1".write(toFile: setting, atomically: false, encoding: .utf8)
        defer { try? before.write(toFile: setting, atomically: false, encoding: .utf8) }
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell("stat -c %u /proc/1/environ; cat /proc/1/environ >/dev/null 2>&1 || echo closed")
            for user in [UInt32(1000), 0] {
                action.user = .ids(uid: user, gid: user)
                let result = try await sandbox.run(action)
                // Its files would be those of root inside, otherwise.
                #expect(result.text == "65534\nclosed\n")
            }
        }
    }
}
