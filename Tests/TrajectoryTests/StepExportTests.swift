import ATIFRules
import FoundationEssentials
import Testing
import Wire

@testable import Trajectory

@Suite struct StepExportTests {
    private let state: StateDirectory
    private let store: Store

    init() throws {
        state = try StateDirectory()
        store = try state.open()
    }

    private func json(_ path: String) throws -> JSONTree {
        try WireJSON.decode(JSONTree.self, from: try FileOperations.read(path, from: 0, limit: .max).bytes)
    }

    private static let timeout = TrialException(type: "AgentTimeoutError", message: "late", occurredAt: .now())

    /// A trial of two steps; in the second the agent's time ran out.
    private func trial() async throws -> String {
        let trial = try await store.submit(.sample(), owner: 1000, job: "steps").trial
        var number = 0
        for (index, name) in ["one", "two"].enumerated() {
            let place = StepPlace(name: name, number: index + 1, count: 2)
            _ = try await store.transition(trial, to: .starting)
            _ = try await store.append(trial, .stepStarted(place))
            _ = try await store.transition(trial, to: .agent)
            let start = Timestamp.now()
            number += 1
            let request = ActionRequest(argv: ["/bin/echo", name])
            _ = try await store.append(trial, .action(.sample(number: number, request: request)))
            if index == 1 { _ = try await store.append(trial, .exception(Self.timeout)) }
            _ = try await store.transition(trial, to: .freezing)
            _ = try await store.transition(trial, to: .verifying)
            let files = store.filesDirectory(trial: trial) + "/steps/\(name)"
            try FileOperations.makeDirectory(files + "/verifier")
            try FileOperations.write(text: "\(index)", to: files + "/verifier/reward.txt")
            let result = StepResult(
                step: place,
                verdict: .sample(reward: Double(1 - index)),
                exception: index == 1 ? Self.timeout : nil,
                actions: 1,
                agent: PhaseSpan(phase: .agent, startedAt: start, finishedAt: .now()),
                verifier: PhaseSpan(phase: .verifying, startedAt: .now(), finishedAt: .now())
            )
            _ = try await store.append(trial, .stepEnded(result))
        }
        _ = try await store.finish(trial, phase: .finished, verdict: .sample(reward: 0.5))
        return trial
    }

    @Test func stepsAreExportedAsHarborWritesThem() async throws {
        let trial = try await trial()
        #expect(try await store.detail(trial).steps?.map(\.step.name) == ["one", "two"])
        let parent = state.path + "/export"
        try FileOperations.makeDirectory(parent)
        let made = try await TrialExporter(store: store, version: "1").export([trial], below: parent, destination: "/x")
        {
            _ in TaskInstructions(whole: "", steps: ["one": "First.", "two": "Second."])
        }
        let directory = "\(parent)/\(made.directory)/\(trial)"

        let result = try json("\(directory)/result.json")
        let steps = try #require(result["step_results"]?.array)
        #expect(steps.map { $0["step_name"]?.text } == ["one", "two"])
        #expect(steps.map { $0["verifier_result"]?["rewards"]?["reward"]?.number } == [1, 0])
        #expect(steps[0]["exception_info"] == nil)
        #expect(steps[1]["exception_info"]?["exception_type"]?.text == "AgentTimeoutError")
        #expect(
            steps.allSatisfy { $0["agent_execution"]?["started_at"] != nil && $0["verifier"]?["finished_at"] != nil }
        )
        #expect(result["verifier_result"]?["rewards"]?["reward"]?.number == 0.5)
        #expect(result["exception_info"] == nil && result["verifier_environment_mode"] == nil)
        #expect(result["agent_execution"] == nil)

        for (name, text) in [("one", "First."), ("two", "Second.")] {
            let place = "\(directory)/steps/\(name)"
            let document = try json(place + "/agent/trajectory.json")
            #expect(ATIFRules.broken(by: document) == [])
            let messages = document["steps"]?.array ?? []
            #expect(messages.count == 2 && messages.first?["message"]?.text == text)
            #expect(try json(place + "/artifacts/manifest.json") == .array([]))
            #expect(FileOperations.exists(place + "/verifier/reward.txt"))
        }
        let first = try json("\(directory)/steps/one/agent/trajectory.json")
        #expect(first["extra"]?["verdict"]?["outcome"]?.text == "passed" && first["extra"]?["exception"] == nil)
        #expect(!FileOperations.exists("\(directory)/verifier"))

        let path = "\(directory)/agent/trajectory.json"
        let whole = try json(path)
        #expect(ATIFRules.broken(by: whole) == [])
        #expect(whole["steps"]?.array?.count == 4)
        let replay = try ReplayFile(try FileOperations.read(path, from: 0, limit: .max).bytes)
        #expect(replay.actions.map(\.step) == ["one", "two"])
        #expect(replay.actions.map { $0.argv.last } == ["one", "two"])
    }
}
