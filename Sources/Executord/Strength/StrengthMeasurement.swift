import FoundationEssentials
import Reactor
import Tasks
import Trajectory
import Verifier
import Wire

/// Measures what it takes to deceive a task's verifier: the reference solution must pass, then degenerate answers are tried.
///
/// Each is a trial like any other, in one job, so that people can look at what got through.
struct StrengthMeasurement: Sendable {
    let trials: TrialService
    let params: TaskAttack.Params
    let owner: UInt32
    /// Called with each trial when it is queued.
    let submitted: @Sendable (String) -> Void

    /// More trials than these in one call are a mistake.
    private static let maximumMutations = 1000

    /// - Throws: when there is no score: the oracle does not pass, or time is up.
    func run() async throws -> TaskStrength {
        guard (0...Self.maximumMutations).contains(params.mutations) else {
            throw WireError(
                .invalidParams,
                "task.attack: mutations is \(params.mutations)",
                remedy: "0 to \(Self.maximumMutations)"
            )
        }
        try SubmissionRules.checkSeconds(params.timeoutSeconds, "timeoutSeconds")
        let task = try trials.services.tasks.load(params.digest)
        let job =
            "strength__\(task.definition.name.split(separator: "/").last ?? "task")__\(UUID().uuidString.prefix(8))"
        guard let seconds = params.timeoutSeconds else { return try await measure(task, job) }
        if let strength = try await withDeadline(.seconds(seconds), { try await measure(task, job) }) {
            return strength
        }
        try Task.checkCancellation()
        let left = try await trials.services.store.trials(ofJob: job, visibleTo: owner)
        // Those that have ended are left as they are.
        for trial in left { try? await trials.cancel(trial) }
        throw WireError(
            .conflict,
            "the attacks on \(task.definition.name) were not done after \(seconds) s: no score",
            reason: "timedOut",
            remedy: "a larger --timeout, or fewer --mutations; the trials are in job \(job)"
        )
    }

    private func measure(_ task: LoadedTask, _ job: String) async throws -> TaskStrength {
        let name = task.definition.name
        let oracle = try await ended(try await submit(AgentSpec(kind: .oracle), nil, task, job))
        guard oracle.outcome == .passed else {
            throw WireError(
                .conflict,
                "the reference solution of \(name) did not pass, so that its verifier has no score",
                reason: "oracleFailed",
                remedy: "executorctl show \(oracle.trial)"
            )
        }
        let plan = AttackPlan(
            instruction: task.stages.map(\.definition.instruction).joined(separator: "\n\n"),
            files: try await trials.answerFiles(of: oracle.trial, templates: params.templates),
            mutations: params.mutations,
            seed: params.seed,
            step: task.stages.last?.definition.stage?.name
        )
        var queued: [(attack: VerifierAttack, trial: String)] = []
        for trial in plan.trials {
            var agent = AgentSpec(kind: .nop, label: trial.attack.kind.rawValue)
            if trial.followsOracle { agent.kind = .oracle } else if !trial.actions.isEmpty { agent.kind = .replay }
            agent.actions = trial.actions
            queued.append((trial.attack, try await submit(agent, trial.attack, task, job)))
        }
        var outcomes: [TaskStrength.Outcome] = []
        for (attack, trial) in queued {
            let end = try await ended(trial)
            outcomes.append(.init(attack: attack, trial: trial, verdict: end.outcome, reward: end.reward))
        }
        guard let score = StrengthScore(outcomes, unnamed: plan.unnamed) else {
            throw WireError(.conflict, "no attack on \(name) has a verdict: no score", remedy: "executorctl list")
        }
        let strength = TaskStrength(
            digest: task.digest.text,
            name: name,
            measuredAt: .now(),
            seed: params.seed,
            job: job,
            oracle: oracle.trial,
            strength: score.strength,
            low: score.low,
            high: score.high,
            meanReward: score.meanReward,
            kinds: score.kinds,
            attacks: score.attacks
        )
        try await trials.services.store.recordStrength(strength, owner: owner)
        return strength
    }

    private func submit(
        _ agent: AgentSpec,
        _ attack: VerifierAttack?,
        _ task: LoadedTask,
        _ job: String
    ) async throws -> String {
        let configuration = TrialConfiguration(
            taskDigest: task.digest.text,
            taskName: task.definition.name,
            taskPath: params.path,
            agent: agent,
            allowUnenforced: params.allowUnenforced,
            attack: attack
        )
        let submission = try await trials.submit(
            TrialSubmit.Params(configuration: configuration, templates: params.templates, job: job),
            owner: owner
        )
        submitted(submission.trial)
        return submission.trial
    }

    private func ended(_ trial: String) async throws -> TrialSummary {
        try Task.checkCancellation()
        return try await trials.wait(trial)
    }
}
