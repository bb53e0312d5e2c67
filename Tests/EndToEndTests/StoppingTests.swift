import Glibc
import Reactor
import Testing
import Wire

/// How a daemon ends when it is told to.
struct StoppingTests {
    @Test(.enabled(if: geteuid() == 0, "a daemon of an ordinary user does not wait for its trials"))
    func aTerminatedServiceLetsItsTrialFinish() async throws {
        let station = try await Station.start()
        let mark = "stopping-\(UInt64.random(in: 0 ... .max))"
        let replay = try station.scratch.write("slow.json", #"{"actions": [{"shell": "sleep 3; : \#(mark)"}]}"#)
        let trial = try await station.submit(Repository.helloWorld, ["--replay", replay])
        // Asking the daemon would take a while on a busy machine.
        #expect(try await eventually { !Traces.processes([mark]).isEmpty })
        #expect(try await station.terminate() == .exited(code: 0))

        let next = try await Station.start(state: station.state)
        let detail = try await next.detail(trial)
        #expect(detail.summary.phase == .finished && detail.verdict?.outcome == .failed)
    }
}
