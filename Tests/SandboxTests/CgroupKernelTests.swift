import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// Limits, accounting and killing on the real kernel; needs root.
@Suite(.serialized, .enabled(if: getuid() == 0, "makes cgroups"), .timeLimit(.minutes(2)))
struct CgroupKernelTests {
    /// Touches 200 MB in one program.
    private static let glutton = "python3 -S -c 'b = bytearray(200 << 20); print(len(b))'"

    @Test func memoryLimitKillsTheActionAndTheSandboxLivesOn() async throws {
        let fixture = try await CgroupFixture.make("memory")
        try await fixture.withSandbox(CgroupLimits(memoryBytes: 64 << 20)) { sandbox, _ in
            let killed = try await sandbox.run(fixture.kernel.shell("exec " + Self.glutton))
            #expect(killed.end == .outOfMemory)
            #expect(killed.oomKills > 0)
            #expect(killed.text.isEmpty)
            let next = try await sandbox.run(fixture.kernel.shell("echo alive"))
            #expect(next.end == .exited(code: 0))
            #expect(next.text == "alive\n")
            #expect(next.oomKills == 0)
        }
    }

    @Test func processLimitMakesForkFail() async throws {
        let fixture = try await CgroupFixture.make("pids")
        try await fixture.withSandbox(CgroupLimits(processes: 12)) { sandbox, _ in
            let script = """
                import os, time
                made = 0
                try:
                    while made < 100:
                        if os.fork() == 0: time.sleep(60)
                        made += 1
                except OSError as error: print(made, error.errno)
                """
            var action = fixture.kernel.shell("")
            action.argv = ["/usr/bin/python3", "-S", "-c", script]
            let result = try await sandbox.run(action)
            let words = result.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            #expect(words.last == Int(EAGAIN))
            #expect((1..<12).contains(words.first ?? 0))
        }
    }

    @Test func processorQuotaThrottles() async throws {
        let fixture = try await CgroupFixture.make("cpu")
        try await fixture.withSandbox(CgroupLimits(cpus: 0.2)) { sandbox, _ in
            // Ends by its own processor time: unthrottled it would take as long as that.
            let result = try await sandbox.run(
                fixture.kernel.shell("exec python3 -S -c 'import time\nwhile time.process_time() < 0.3: pass'")
            )
            #expect(result.end == .exited(code: 0))
            let used = try #require(result.cpu)
            #expect(used >= .milliseconds(290))
            #expect(used <= result.wall * 0.2 * 1.5 + .milliseconds(40))
        }
    }

    @Test func usageIsReportedPerAction() async throws {
        let fixture = try await CgroupFixture.make("usage")
        try await fixture.withSandbox(CgroupLimits()) { sandbox, _ in
            let large = try await sandbox.run(fixture.kernel.shell("python3 -S -c 'b = bytearray(100 << 20)'"))
            let busy = try await sandbox.run(
                fixture.kernel.shell("exec python3 -S -c 'import time\nwhile time.process_time() < 0.2: pass'")
            )
            let small = try await sandbox.run(fixture.kernel.shell("true"))
            #expect(try #require(large.peakMemoryBytes) >= 100 << 20)
            #expect(try #require(small.peakMemoryBytes) < 50 << 20)
            #expect(try #require(busy.cpu) >= .milliseconds(200))
            #expect(try #require(small.cpu) < .milliseconds(150))
            #expect(small.oomKills == 0)
        }
    }

    @Test func anOccupiedSlotIsNotHandedOutAgain() async throws {
        let fixture = try await CgroupFixture.make("slots")
        try await fixture.withSandbox(CgroupLimits()) { sandbox, group in
            let first = try group.takeSlot()
            let files = first.joinDescriptors
            first.giveBack()
            first.giveBack()
            let again = try group.takeSlot()
            #expect(again.joinDescriptors == files)
            #expect(try group.takeSlot().joinDescriptors != files)
            again.giveBack()

            let occupied = try group.takeSlot()
            #expect(occupied.joinDescriptors == files)
            let host = try HostProcess("exec sleep 60", joining: files)
            #expect(HostProcess.eventually { occupied.usage().cpu > .zero })
            occupied.giveBack()
            #expect(try group.takeSlot().joinDescriptors != files)
            #expect(kill(host.pid, SIGKILL) == 0)
            host.reap()
            #expect(try group.takeSlot().joinDescriptors == files)
        }
    }

    /// Children of children in sessions of their own, deaf to SIGTERM, that fork for as long as they live.
    private static let hydra = """
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        def flee():
            if os.fork(): return
            os.setsid()
            if os.fork(): os._exit(0)
            while True:
                try:
                    if os.fork() == 0: time.sleep(0.002); os._exit(0)
                    os.waitpid(-1, os.WNOHANG)
                except OSError: pass
        for _ in range(4): flee()
        print("up", flush=True)
        time.sleep(600)
        """

    @Test func killAllLeavesNothingOfATreeThatForksOn() async throws {
        let fixture = try await CgroupFixture.make("kill")
        try await fixture.withSandbox(CgroupLimits(processes: 200)) { sandbox, group in
            var action = fixture.kernel.shell("", timeout: .milliseconds(700))
            action.argv = ["/usr/bin/python3", "-S", "-c", Self.hydra]
            let result = try await sandbox.run(action)
            #expect(result.end == .timedOut)
            #expect(result.text == "up\n")
            #expect(try await sandbox.inspect().processes == 0)
            // Only pid 1 is left in the whole trial.
            #expect(group.killRemaining() == 1)
        }
    }

    @Test func sweepRemovesWhatADeadDaemonLeft() throws {
        let instance = "test-\(getpid())-sweep"
        let tree = try CgroupTree.open(instance: instance)
        let group = try tree.makeGroup(name: "trial", limits: CgroupLimits(processes: 50))
        let slot = try group.takeSlot()
        let inTrial = try HostProcess("sleep 61; :", joining: group.joinDescriptors)
        let inSlot = try HostProcess("trap '' TERM; sleep 62 & sleep 63; :", joining: slot.joinDescriptors)
        let killer = try #require(CgroupLayout.current().hierarchies.first { $0.controllers.contains("freezer") })
        let directory = try CgroupDirectory(path: "\(killer.directory)/executord-\(instance)", hierarchy: killer)
        #expect(HostProcess.eventually { directory.processes().count == 5 })
        // As if it had died while it was killing.
        try directory.child("trial").write("FROZEN", to: "freezer.state")

        #expect(CgroupTree.sweep(instance: instance) == 5)
        inTrial.reap()
        inSlot.reap()
        #expect(try CgroupFixture.leftovers(of: instance).isEmpty)
        #expect(CgroupTree.sweep(instance: instance) == 0)
    }

    @Test func twoGroupsOfOneNameAreRefusedAndTheFirstIsUntouched() throws {
        let tree = try CgroupTree.open(instance: "test-\(getpid())-twice")
        defer { tree.close() }
        let group = try tree.makeGroup(name: "trial", limits: CgroupLimits(processes: 7))
        #expect(throws: SandboxError.self) { try tree.makeGroup(name: "trial", limits: CgroupLimits()) }
        #expect(throws: SandboxError.self) { try tree.makeGroup(name: "../trial", limits: CgroupLimits()) }
        #expect(try group.takeSlot().usage().oomKills == 0)
        group.remove()
        #expect(tree.enforceable == Set(CgroupLimitName.allCases))
    }

    @Test func valuesTheKernelDoesNotKeepAreReported() throws {
        let tree = try CgroupTree.open(instance: "test-\(getpid())-values")
        defer { tree.close() }
        let limits = CgroupLimits(memoryBytes: -1, processes: -5, cpus: 0.000_01)
        #expect(try tree.makeGroup(name: "trial", limits: limits).unenforced == ["memory", "processes", "cpus"])
    }
}
