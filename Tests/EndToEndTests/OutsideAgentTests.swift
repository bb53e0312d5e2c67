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

    // MARK: Ends

    private func made(_ station: Station, agentSeconds: Double = 60) throws -> String {
        try MadeTask(verifier: TrialTests.answer, agentSeconds: agentSeconds).write(in: station.scratch)
    }

    private func run(_ station: Station, _ task: String, _ script: String) async throws -> (TrialDetail, Int) {
        let (report, status) = try await station.json(RunReport.self, ["run", task], rest: ["--", "sh", "-c", script])
        return (try #require(report.trials.first), status)
    }

    @Test func aProgramThatFailsIsJudgedByWhatItDid() async throws {
        let station = try await Station.start()
        let script = "echo said; echo told >&2; echo yes | '\(Built.executorctl)' action write answer; exit 3"
        let (trial, status) = try await run(station, try made(station), script)
        #expect(status == 0 && trial.verdict?.outcome == .passed)
        #expect(trial.exception?.type == "NonZeroAgentExitCodeError")
        #expect(trial.exception?.message.contains("status 3") == true)
        let place = try station.scratch.makeDirectory("out")
        #expect(try await station.control(["export", trial.summary.trial, place]).status == 0)
        let job = try #require(try FileManager.default.contentsOfDirectory(atPath: place).first)
        #expect(station.scratch.read("out/\(job)/\(trial.summary.trial)/agent/command.log") == "said\ntold\n")
        // Killed, it has failed, too.
        let killed = try await run(station, try made(station), "kill -KILL $$")
        #expect(killed.0.exception?.message.contains("137") == true && killed.0.verdict?.outcome == .failed)
    }

    @Test func aProgramThatIsNotThereLeavesNoTrialBehind() async throws {
        let station = try await Station.start()
        let missing = try await station.control(["run", try made(station), "--", "no-such-agent", "word"])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("no-such-agent: No such file or directory"), "\(missing.errors)")
        #expect(missing.errors.contains("remedy"), "\(missing.errors)")
        #expect(try await station.list().map(\.phase) == [.cancelled])
        #expect(Traces.of([], state: station.state).trialGroups == [])
    }

    @Test func itsTimeEndsTheProgramEvenOneThatDoesNotWantTo() async throws {
        let station = try await Station.start()
        let mark = "agent-\(UInt64.random(in: 0 ... .max))"
        let write = "echo yes | '\(Built.executorctl)' action write answer"
        for stubborn in ["", "trap '' TERM;"] {
            let script = "\(stubborn) \(write); while :; do sleep 0.05; done; : \(mark)"
            let (trial, _) = try await run(station, try made(station, agentSeconds: 2), script)
            #expect(trial.exception?.type == "AgentTimeoutError" && trial.verdict?.outcome == .passed)
            #expect(Traces.processes([mark + " "]) == [])
        }
    }

    @Test func itsTimeEndsTheProgramBeforeTheVerifierDoes() async throws {
        let station = try await Station.start()
        let mark = "agent-\(UInt64.random(in: 0 ... .max))"
        var task = MadeTask(verifier: "#!/bin/sh\nsleep 4; echo 1 > /logs/verifier/reward.txt\n")
        task.agentSeconds = 1
        let path = try task.write(in: station.scratch)
        let running = try await station.begin([
            "run", path, "--", "python3", "-c", "import time; time.sleep(600)", mark,
        ])
        #expect(try await eventually { Traces.processes(["sleep(600) \(mark)"]).count == 2 })
        // Only executorctl itself is left.
        #expect(try await eventually { Traces.processes(["sleep(600) \(mark)"]).count == 1 })
        // First its layer freezes; were the verifier done already, this would never come.
        #expect(try await eventually { try await station.list().first?.phase == .verifying })
        #expect(try await running.end().status == 0)
    }

    @Test func theProgramEndsWithTheDaemon() async throws {
        let station = try await Station.start()
        let mark = "agent-\(UInt64.random(in: 0 ... .max))"
        // Without children of its own, which nobody would end.
        let agent = ["python3", "-c", "import time; time.sleep(600)", mark]
        let task = try made(station)
        let running = try await station.begin(["run", task, "--"] + agent)
        #expect(try await eventually { Traces.processes(["sleep(600) \(mark)"]).count == 2 })
        try await station.kill()
        let end = try await running.end()
        #expect(end.status == 3 && end.errors.contains("went away"), "\(end)")
        #expect(Traces.processes([mark]) == [])
    }
}
