import Glibc
import Testing
import Wire

/// Each limit of a sandbox: met, named with what it allows, and no end of the session.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LimitTests {
    let station: Station
    let session: Session

    init() async throws {
        station = try await Station.start()
        session = try SessionClient(station).openSandbox { request in
            request.memoryBytes = 256 << 20
            request.storageBytes = 32 << 20
        }
    }

    /// Runs something that meets limits; what comes after it must run as ever.
    private func met(by command: String, _ change: (inout ProgramRequest) -> Void = { _ in }) throws -> ActionOutcome {
        let outcome = try session.shell(command, change)
        // A full layer stays full until somebody makes room.
        let after = try session.shell("rm -rf /app/*; echo well")
        #expect(after.out == "well\n" && after.cost.limits == nil, "after \(command): \(after)")
        return outcome
    }

    @Test func memoryKillsTheActionAlone() throws {
        let whole = try met(by: "exec python3 -c 'x = b\"y\" * (1 << 30)'")
        #expect(whole.exit == .limit(.memory) && whole.cost.limits == [LimitMet(.memory, Double(256 << 20))])
        // A part of the tree: the rest goes on, and it is told all the same.
        let part = try met(by: "python3 -c 'x = b\"y\" * (1 << 30)'; echo went on")
        #expect(part.exit == .exited(code: 0) && part.out == "went on\n")
        #expect(part.cost.limits == [LimitMet(.memory, Double(256 << 20))] && part.cost.oomKills == 1)
    }

    @Test func processesAreRefused() throws {
        let script = """
            import os, signal
            children = []
            try:
                for i in range(2000):
                    pid = os.fork()
                    if pid == 0: signal.pause()
                    children.append(pid)
            except OSError as error:
                print(error.errno)
            for pid in children: os.kill(pid, 9)
            """
        let outcome = try met(by: "exec python3 -c '\(script)'")
        #expect(outcome.out == "11\n" && outcome.cost.limits == [LimitMet(.processes, 512)], "\(outcome)")
    }

    @Test func theLayerIsFull() throws {
        let bytes = try met(by: "head -c 100M /dev/zero > big; rc=$?; sync; exit $rc")
        #expect(bytes.exit == .exited(code: 1) && bytes.err.contains("No space left"))
        #expect(bytes.cost.limits == [LimitMet(.disk, Double(32 << 20))], "\(bytes)")
    }

    @Test func theLayerHasNoMoreFiles() throws {
        let script = "try:\n  for i in range(40000): open(str(i), \"w\")\nexcept OSError as e: print(e.errno)"
        let outcome = try met(by: "exec python3 -c '\(script)'")
        #expect(outcome.out == "28\n" && outcome.cost.limits == [LimitMet(.inodes, 32_768)], "\(outcome)")
    }

    @Test func timeAndOutputAreNamed() throws {
        let slow = try met(by: "sleep 60") { $0.timeoutSeconds = 0.25 }
        #expect(slow.exit == .limit(.wallClock) && slow.cost.limits == [LimitMet(.wallClock, 0.25)])
        let loud = try met(by: "seq 100000") { $0.outputBytes = 1000 }
        #expect(loud.exit == .exited(code: 0) && loud.cost.limits == [LimitMet(.output, 1000)])
    }

    @Test func theProcessorQuotaIsSeen() throws {
        // So little that it waits on a busy machine, too: a tenth of a second takes a second.
        let slow = try SessionClient(station).openSandbox { $0.cpus = 0.1 }
        let outcome = try slow.shell("exec python3 -c 'import time\nwhile time.process_time() < 0.1: pass'")
        let throttled = try #require(outcome.cost.throttledMilliseconds, "\(outcome.cost)")
        // The kernel adds up what each processor waited.
        let most = outcome.cost.wallMilliseconds * Double(sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        #expect(throttled > 100 && throttled < most && outcome.cost.limits == nil, "\(outcome)")
    }

    @Test func filesAndDumpsAreTheKernels() throws {
        let script = "import os\ntry:\n  while True: os.dup(0)\nexcept OSError as e: print(e.errno)"
        #expect(try met(by: "exec python3 -c '\(script)'").out == "24\n")
        #expect(try met(by: "ulimit -c; ulimit -Hc; kill -ABRT $$; ").out == "0\n0\n")
        #expect(try session.shell("ls /app").out == "")
    }
}
