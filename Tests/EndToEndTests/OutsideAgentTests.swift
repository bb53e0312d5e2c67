import FoundationEssentials
import Glibc
import Testing
import Wire

/// Agents that are programs of the caller's.
@Suite(.serialized)
struct OutsideAgentTests {
    /// An agent in shell that acts through executorctl, after a while.
    private func agent(_ station: Station, wait: Double = 0) throws -> String {
        let path = station.scratch.path + "/agent.sh"
        let text = """
            set -e
            sleep \(wait)
            echo 'Hello, world!' | '\(Built.executorctl)' action write hello.txt
            '\(Built.executorctl)' action exec -- cat hello.txt
            """
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test func aProgramActsThroughItsSessionAndIsVerified() async throws {
        let station = try await Station.start()
        let path = try agent(station)
        let run = try await station.control(["run", Repository.helloWorld, "--", "sh", path])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("write /app/hello.txt"))
        // What it did can be done again, files and all.
        let trial = try #require(
            try await station.json(TrialList.Result.self, ["list"]).value.trials.first
        ).trial
        let place = station.scratch.path + "/out"
        #expect(try await station.control(["export", trial, place]).status == 0)
        let job = try #require(try FileManager.default.contentsOfDirectory(atPath: place).first)
        let trajectory = "\(place)/\(job)/\(trial)/agent/trajectory.json"
        let again = try await station.control(["run", Repository.helloWorld, "--replay", trajectory])
        #expect(again.status == 0, "\(again.output)\(again.errors)")
        #expect(again.output.contains("write /app/hello.txt"))
        let missing = try await station.control(["run", Repository.helloWorld, "--", "/no/such/program"])
        #expect(missing.status == 1 && missing.errors.contains("No such file"))
        let failing = try await station.control(["run", Repository.helloWorld, "--", "sh", "-c", "exit 3"])
        #expect(failing.status == 4 && failing.output.contains("NonZeroAgentExitCodeError"))
    }

    @Test func anInterruptedJobGoesOnWithoutRepeatingWhatIsDone() async throws {
        let station = try await Station.start()
        let path = try agent(station, wait: 0.5)
        let words = ["job", "run", Repository.helloWorld, "-k", "4", "-n", "1", "--name", "mine", "--", "sh", path]
        let first = try await station.begin(words)
        let hasBegun = try await eventually {
            let shown = try await station.control(["job", "show", "mine", "--json"])
            guard shown.status == 0 else { return false }
            return try WireJSON.decode(JobDetail.self, from: Array(shown.output.utf8)).summary.progress.passed >= 1
        }
        #expect(hasBegun)
        first.kill(SIGTERM)
        let done = try await station.json(JobDetail.self, ["job", "show", "mine"]).value.summary.progress.passed
        let resumed = try await station.control(["job", "resume", "mine", "--", "sh", path])
        #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
        let detail = try await station.json(JobDetail.self, ["job", "show", "mine"]).value
        #expect(detail.summary.progress.passed == 4 && done >= 1)
        let trials = try await station.json(TrialList.Result.self, ["list", "--job", "mine"]).value.trials
        #expect(trials.filter { $0.outcome == .passed }.count == 4)
    }
}
