import ATIFRules
import FoundationEssentials
import Glibc
import Testing
import Wire

/// Agents that speak the Agent Client Protocol; one on its official package is among the harness tests.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ACPAgentTests {
    private let station: Station

    init() async throws { station = try await Station.start() }

    /// Runs the agent of the harness tests that needs no package; its mode says what it does.
    private func run(_ mode: String, agentSeconds: Double = 60) async throws -> (trial: TrialDetail, status: Int) {
        let task = try MadeTask(verifier: TrialTests.answer, agentSeconds: agentSeconds).write(in: station.scratch)
        let agent = ["--", "python3", Repository.root + "/Tests/harness/plain_acp_agent.py", mode, station.state]
        let (report, status) = try await station.json(RunReport.self, ["run", task, "--agent", "acp"], rest: agent)
        return (try #require(report.trials.first), status)
    }

    /// The files of the agent in a trial's export.
    private func exported(_ trial: String) async throws -> (String) -> String? {
        let place = try station.scratch.makeDirectory("out")
        #expect(try await station.control(["export", trial, place]).status == 0)
        let job = try #require(try FileManager.default.contentsOfDirectory(atPath: place).first)
        let scratch = station.scratch
        return { scratch.read("out/\(job)/\(trial)/agent/\($0)") }
    }

    @Test func everyMethodOfTheClientWorksAndWhatItSaidIsInTheTrajectory() async throws {
        let (trial, status) = try await run("solve")
        let file = try await exported(trial.summary.trial)
        let problem = "\(file("acp.stderr") ?? "") \(trial.exception.debugDescription)"
        #expect(status == 0 && trial.verdict?.outcome == .passed && trial.exception == nil, "\(problem)")
        #expect(file("acp.stderr") == "working\n")
        let events = try #require(file("acp-events.jsonl"))
        #expect(events.contains("session/prompt") && events.contains("terminal/wait_for_exit"))

        let bytes = Array(try #require(file("trajectory.json")).utf8)
        let trajectory = try WireJSON.decode(JSONTree.self, from: bytes)
        #expect(ATIFRules.broken(by: trajectory) == [])
        let steps = try #require(trajectory["steps"]?.array)
        #expect(steps.first?["source"]?.text == "user")
        let said = steps.filter { $0["message"]?.text != "" || $0["reasoning_content"] != nil }
        #expect(
            said.map { $0["message"]?.text } == [
                "Write yes into /app/answer.\n", "", "I wrote it, and look.", "It is right.",
            ]
        )
        try #require(said.count == 4)
        #expect(said[1]["reasoning_content"]?.text == "A file is needed.")
        #expect(said[1]["extra"]?["tool_calls"]?.text == "edit: Write answer")
        // Words stand before what was done after them.
        #expect(said[1]["tool_calls"]?[0]?["function_name"]?.text == "write")
        #expect(said[2]["tool_calls"]?[0]?["function_name"]?.text == "exec")
        #expect(said[3]["metrics"]?["prompt_tokens"]?.number == 10 && said[3]["metrics"]?["cost_usd"]?.number == 0.25)
        #expect(said[3]["extra"]?["stop_reason"]?.text == "end_turn")
        let calls = steps.compactMap { $0["tool_calls"]?[0]?["function_name"]?.text }
        #expect(calls.count == trial.summary.actions && calls.filter { $0 == "write" }.count == 2)
    }

    @Test(arguments: [
        ("version", "version 1"), ("garbage", "JSON object"), ("error", "out of ideas"), ("leave", "ended before"),
    ])
    func whatItDoesWrongIsRecordedAndJudgedAllTheSame(mode: String, message: String) async throws {
        let (trial, status) = try await run(mode)
        #expect(trial.exception?.type == "NonZeroAgentExitCodeError")
        #expect(trial.exception?.message.contains(message) == true, "\(trial.exception.debugDescription)")
        // Only of the wrong version nothing had been asked.
        #expect(trial.verdict?.outcome == (mode == "version" ? .failed : .passed))
        #expect((status == 0) == (mode != "version"))
        #expect(Traces.processes(["plain_acp_agent.py \(mode) \(station.state)"]) == [])
    }

    @Test func itsTimeEndsAndSoDoesTheProgram() async throws {
        let (trial, _) = try await run("stay", agentSeconds: 2)
        #expect(trial.exception?.type == "AgentTimeoutError" && trial.verdict?.outcome == .passed)
        #expect(Traces.processes(["plain_acp_agent.py stay \(station.state)"]) == [])
    }
}
