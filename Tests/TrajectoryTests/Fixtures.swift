import FoundationEssentials
import Wire

@testable import Trajectory

/// A state directory of one test, removed with it.
final class StateDirectory: Sendable {
    let path: String

    init() throws {
        path = TemporaryPath.make("executord-record")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open() throws -> Store { try Store.open(directory: path) }
}

/// Names below the system's temporary directory that nobody else uses.
enum TemporaryPath {
    static func make(_ stem: String) -> String {
        FileManager.default.temporaryDirectory.path + "/\(stem)-\(UUID().uuidString)"
    }
}

extension TrialConfiguration {
    static func sample(
        task: String = "demo/hello-world",
        agent: AgentSpec = AgentSpec(kind: .oracle)
    ) -> TrialConfiguration {
        TrialConfiguration(
            taskDigest: "sha256:" + String(repeating: "ab", count: 32),
            taskName: task,
            taskPath: "/tasks/hello world",
            agent: agent
        )
    }
}

extension Verdict {
    static func sample(reward: Double = 1) -> Verdict {
        Verdict(
            outcome: reward >= 1 ? .passed : .failed,
            rewards: ["reward": reward],
            message: "reward is \(reward)",
            mode: .isolated,
            tests: [TestResult(name: "file is there", status: reward >= 1 ? .passed : .failed)],
            evidence: Evidence()
        )
    }
}

extension ActionRecord {
    static func sample(
        number: Int,
        phase: TrialPhase = .agent,
        request: ActionRequest? = nil,
        exit: ActionExit = .exited(code: 0),
        stdout: OutputRecord = OutputRecord(totalBytes: 3, headBytes: 3, head: "hi\n"),
        stderr: OutputRecord = OutputRecord()
    ) -> ActionRecord {
        ActionRecord(
            number: number,
            phase: phase,
            request: request ?? ActionRequest(argv: ["/bin/echo", "hi"]),
            startedAt: Timestamp(milliseconds: 1_790_000_000_000),
            exit: exit,
            cost: ActionCost(wallMilliseconds: 1.5, cpuMilliseconds: 0.5, peakMemoryBytes: 1 << 20),
            stdout: stdout,
            stderr: stderr
        )
    }
}

extension Store {
    /// A trial that went through every phase, with `actions` of the agent and one of the verifier.
    func finishedTrial(
        _ configuration: TrialConfiguration = .sample(),
        owner: UInt32 = 1000,
        job: String? = "nightly",
        actions: [ActionRecord] = [.sample(number: 1)],
        verdict: Verdict? = .sample(),
        exception: TrialException? = nil
    ) async throws(StoreError) -> String {
        let trial = try submit(configuration, owner: owner, job: job).trial
        _ = try transition(trial, to: .starting)
        _ = try transition(trial, to: .agent)
        for action in actions { _ = try await append(trial, .action(action)) }
        _ = try transition(trial, to: .freezing)
        _ = try transition(trial, to: .verifying)
        _ = try await append(trial, .action(.sample(number: actions.count + 1, phase: .verifying)))
        _ = try finish(trial, phase: verdict == nil ? .errored : .finished, verdict: verdict, exception: exception)
        return trial
    }
}
