import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// Programs that are started, watched, fed and ended while they run.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LiveActionTests {
    @Test func everyWaiterHearsTheEndAndACancelledOneKillsNothing() async throws {
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell("read line; echo got $line; exit 3")
            action.input = .pipe
            let live = try await sandbox.start(action)
            let impatient = Task { await live.wait() }
            impatient.cancel()
            #expect(await impatient.value.end == .running)
            async let first = live.wait()
            async let second = live.wait()
            try await live.write(Array("something\n".utf8))
            #expect(await first.end == .exited(code: 3))
            #expect(await second.end == .exited(code: 3))
            #expect(await live.wait().text == "got something\n")
        }
    }

    @Test func inputIsHeldOpenUntilItIsClosedAndRefusedAfterwards() async throws {
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell("exec cat")
            action.input = .pipe
            action.output = .captured(head: 4 << 20, tail: 0, merged: true)
            let live = try await sandbox.start(action)
            #expect(live.stderr == nil)
            // More than a pipe holds, in order though nobody waits between the calls.
            let pieces = (0..<20).map { [UInt8](repeating: UInt8($0), count: 50_000) }
            for piece in pieces { try await live.write(piece) }
            live.closeInput()
            let result = await live.wait()
            #expect(result.end == .exited(code: 0))
            #expect(result.stdout.head == Array(pieces.joined()))
            await #expect(throws: SandboxError.self) { try await live.write([1]) }
        }
    }

    @Test func aReaderThatNeverReadsHoldsUpNobody() async throws {
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell("exec sleep 100")
            action.input = .pipe
            let live = try await sandbox.start(action)
            let stuck = Task { await Self.outcome(of: live, [UInt8](repeating: 0, count: 1 << 20)) }
            let waiting = Task { await Self.outcome(of: live, [1]) }
            let error = await #expect(throws: SandboxError.self) {
                try await live.write([UInt8](repeating: 0, count: 5 << 20))
            }
            guard case .inputFull = error else { throw try #require(error) }
            waiting.cancel()
            // Others go on meanwhile.
            #expect(try await sandbox.run(fixture.shell("echo on")).text == "on\n")
            #expect(await live.end().end == .signaled(signal: 9))
            #expect(await stuck.value == "inputClosed")
            let other = await waiting.value
            #expect(other == "cancelled" || other == "inputClosed")
        }
    }

    private static func outcome(of live: LiveAction, _ bytes: [UInt8]) async -> String {
        do throws(SandboxError) { try await live.write(bytes) } catch {
            switch error {
            case .inputClosed: return "inputClosed"
            case .cancelled: return "cancelled"
            default: return "\(error)"
            }
        }
        return "done"
    }

    @Test func outputCanBeReadWhileItComes() async throws {
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell("echo one; read line; echo two; exit 0")
            action.input = .pipe
            let live = try await sandbox.start(action)
            let stdout = try #require(live.stdout)
            for await _ in stdout.changes() where stdout.slice(from: 0, limit: 100).total >= 4 { break }
            let first = stdout.slice(from: 0, limit: 100)
            #expect(first.bytes == Array("one\n".utf8))
            #expect(first.next == 4)
            try await live.write([10])
            for await _ in stdout.changes() {}
            let second = stdout.slice(from: 4, limit: 100)
            #expect(second.bytes == Array("two\n".utf8) && second.next == nil && second.total == 8)
            #expect(stdout.slice(from: 0, limit: 2).next == 2)
        }
    }

    @Test func aFloodIsReadPastReadersThatNeverRead() async throws {
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell("yes 0123456789abcde | head -c 300000000; exit 5", timeout: .seconds(60))
            action.output = .captured(head: 1000, tail: 1600)
            let live = try await sandbox.start(action)
            let stdout = try #require(live.stdout)
            // Somebody who watches, but never takes the next element.
            let watcher = stdout.changes()
            #expect(await live.wait().end == .exited(code: 5))
            let middle = stdout.slice(from: 5000, limit: 1 << 20)
            #expect(middle.total == 300_000_000)
            #expect(middle.offset == 300_000_000 - 1600 && middle.bytes.count == 1600)
            #expect(stdout.slice(from: 0, limit: 1 << 20).bytes.count == 1000)
            var wakes = 0
            for await _ in watcher { wakes += 1 }
            #expect(wakes <= 2)
        }
    }

    @Test func aSignalReachesTheProgramAndDeathTheGroup() async throws {
        try await withSandbox { sandbox, fixture in
            let polite = try await sandbox.start(
                fixture.shell("trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.01; done")
            )
            for await _ in try #require(polite.stdout).changes()
            where polite.stdout?.slice(from: 0, limit: 9).total == 3 {
                break
            }
            polite.kill(SIGTERM)
            let result = await polite.wait()
            #expect(result.end == .exited(code: 9) && result.text == "up\nbye\n")
            // The signal is for nobody any more, and must reach nobody.
            polite.kill(SIGKILL)
            #expect(try await sandbox.run(fixture.shell("echo on")).text == "on\n")
        }
    }

    @Test func aProgramThatCannotRunSaysWhy() async throws {
        try await withSandbox { sandbox, fixture in
            var action = fixture.shell("")
            action.argv = ["/no/such/program"]
            let error = await #expect(throws: SandboxError.self) { try await sandbox.start(action) }
            guard case .notStarted(let failure) = error else { throw try #require(error) }
            #expect(failure.stage == .execute && failure.errno == ENOENT)
        }
    }

    @Test func theEndOfTheSandboxEndsEveryWait() async throws {
        let fixture = try await KernelFixture.make()
        let sandbox = try await fixture.sandbox()
        let live = try await sandbox.start(fixture.shell("sleep 100"))
        let waiting = Task { await live.wait() }
        await sandbox.destroy()
        #expect(await waiting.value.end == .sandboxEnded)
        for await _ in try #require(live.stdout).changes() {}
    }

    /// An agent that stops everything of its own all the time must not stop pid 1 with a child of it.
    @Test func stoppingWhatStartsHoldsUpNobody() async throws {
        try await withSandbox { sandbox, fixture in
            let stopper = try await sandbox.start(
                fixture.shell(
                    "exec python3 -S -c 'import os\nprint(1, flush=True)\nwhile True:\n try: os.kill(-1, 19)\n except OSError: pass'"
                )
            )
            for await _ in try #require(stopper.stdout).changes()
            where stopper.stdout?.slice(from: 0, limit: 9).total == 2 {
                break
            }
            for _ in 0..<20 {
                let result = try await sandbox.run(fixture.shell("sleep 1", timeout: .milliseconds(50)))
                #expect(result.end == .timedOut)
            }
            #expect(await stopper.end().end == .signaled(signal: 9))
            #expect(try await sandbox.run(fixture.shell("echo on")).text == "on\n")
        }
    }

    /// FIFOs in the place of files that pid 1 reads by itself.
    @Test func aTrapInThePlaceOfPasswdHoldsUpNobody() async throws {
        try await withSandbox { sandbox, fixture in
            _ = try await sandbox.run(fixture.shell("rm /etc/passwd && mkfifo /etc/passwd"))
            var action = fixture.shell("true")
            action.user = .name("agent")
            await #expect(throws: SandboxError.self) { try await sandbox.run(action) }
            #expect(try await sandbox.run(fixture.shell("echo on")).text == "on\n")
        }
    }
}

/// The same where there are cgroups.
@Suite(.serialized, .enabled(if: getuid() == 0, "makes cgroups"), .timeLimit(.minutes(2)))
struct LiveActionGroupTests {
    /// Forks twice into sessions of its own, over and over.
    private static let runaway =
        "i=0; while [ $i -lt 20 ]; do i=$((i + 1)); setsid sh -c 'setsid sleep 300 & setsid sleep 300 &' & done; echo up; "

    @Test func killingTakesTheWholeTree() async throws {
        let fixture = try await CgroupFixture.make("live-kill")
        try await fixture.withSandbox(CgroupLimits()) { sandbox, _ in
            let live = try await sandbox.start(fixture.kernel.shell(Self.runaway + "exec sleep 300"))
            for await _ in try #require(live.stdout).changes() where live.stdout?.slice(from: 0, limit: 9).total == 3 {
                break
            }
            live.kill(SIGKILL)
            #expect(await live.wait().end == .signaled(signal: 9))
            await live.end()
            #expect(try await sandbox.inspect().processes == 0)
        }
    }

    @Test func whatAnEndedActionLeftRunningCanStillBeEnded() async throws {
        let fixture = try await CgroupFixture.make("live-end")
        try await fixture.withSandbox(CgroupLimits()) { sandbox, _ in
            let live = try await sandbox.start(fixture.kernel.shell(Self.runaway + "wait; exit 4"))
            #expect(await live.wait().end == .exited(code: 4))
            let other = try await sandbox.start(fixture.kernel.shell("exec sleep 300"))
            #expect(try await sandbox.inspect().processes > 1)
            #expect(await live.end().end == .exited(code: 4))
            // The other action has a group of its own, and lives on.
            #expect(try await sandbox.inspect().processes == 1)
            #expect(await live.end().end == .exited(code: 4))
            #expect(try await sandbox.inspect().processes == 1)
            #expect(await other.end().end == .signaled(signal: 9))
        }
    }

    @Test func cancellingARunEndsItsTree() async throws {
        let fixture = try await CgroupFixture.make("live-cancel")
        try await fixture.withSandbox(CgroupLimits()) { sandbox, _ in
            let action = fixture.kernel.shell(Self.runaway + "exec sleep 300")
            let run = Task { try await sandbox.run(action) }
            while try await sandbox.inspect().processes < 10 { await Task.yield() }
            run.cancel()
            #expect(try await run.value.end == .cancelled)
            #expect(try await sandbox.inspect().processes == 0)
        }
    }
}
