import Glibc
import Reactor
import Testing
import Wire

/// How a daemon ends when it is told to.
struct StoppingTests {
    @Test(.enabled(if: geteuid() == 0, "a daemon of an ordinary user does not wait for its trials"))
    func aTerminatedServiceLetsItsTrialFinish() async throws {
        let station = try await Station.start()
        let replay = try station.scratch.write("slow.json", #"{"actions": [{"shell": "sleep 1"}]}"#)
        let trial = try await station.submit(Repository.helloWorld, ["--replay", replay])
        let acts = try await eventually { try await station.detail(trial).summary.phase == .agent }
        #expect(acts)
        #expect(try await station.terminate() == .exited(code: 0))

        let next = try await Station.start(state: station.state)
        let detail = try await next.detail(trial)
        #expect(detail.summary.phase == .finished && detail.verdict?.outcome == .failed)
    }
}
