import Images
import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Verifier
import Wire

extension TrialService {
    /// Runs the verifier again on the frozen layer and compares.
    func verify(_ params: TrialVerify.Params, trial: String) async throws -> TrialVerify.Result {
        let detail = try await services.store.detail(trial)
        guard let original = detail.verdict, let archive = try await services.store.frozenLayer(trial) else {
            throw WireError(
                .conflict,
                "trial \(trial) has no verdict with a frozen layer",
                remedy: "only finished trials can be verified again"
            )
        }
        guard original.mode != .shared else {
            throw WireError(
                .conflict,
                "trial \(trial) was verified in shared mode: its processes cannot be brought back",
                remedy: "run it again with --verifier-mode isolated"
            )
        }
        let task = try services.tasks.load(detail.configuration.taskDigest)
        // Trials of earlier releases do not say what they ran on.
        let pinned = detail.images
        let held =
            try pinned.map { try services.holdImage(pinned: $0.agent, by: trial) }
            ?? services.holdImage(of: task, detail.configuration, by: trial)
        defer { withExtendedLifetime(held) {} }
        let identity = try services.host.takeIdentity(for: held.image)
        defer { services.host.identities.giveBack(identity) }
        let stages = try task.stages.enumerated().map { index, stage in
            let verifiers = pinned?.verifiers ?? []
            return try TrialSandboxes(
                services: services,
                trial: trial,
                task: stage,
                image: held.image,
                identity: identity,
                configuration: detail.configuration,
                templates: params.templates,
                verifierTools: original.tools,
                verifierImage: verifiers.indices.contains(index) ? verifiers[index] : nil
            )
        }
        defer { withExtendedLifetime(stages) {} }
        let count = max(1, min(params.repeats, 100))
        let runs: [Verdict]
        if let steps = detail.steps {
            runs = try await self.runs(count, of: steps, stages, task.definition.rewardStrategy)
        } else if let only = stages.first {
            runs = try await self.runs(count, from: archive, only, original)
        } else {
            runs = []
        }
        let differences = disagreements(original: original, runs: runs)
        return TrialVerify.Result(
            trial: trial,
            original: original,
            runs: runs,
            deterministic: differences.isEmpty,
            disagreements: differences
        )
    }

    /// Judges one archived layer again and again.
    private func runs(
        _ count: Int,
        from archive: String,
        _ sandboxes: TrialSandboxes,
        _ original: Verdict
    ) async throws -> [Verdict] {
        let layer = try await sandboxes.makeLayer()
        let outcome: Result<[Verdict], any Error>
        do {
            try await FrozenLayer(
                services: services,
                identity: sandboxes.identity,
                layer: layer,
                image: sandboxes.image
            ).restore(from: archive)
            let recorder = TrialRecorder(trial: sandboxes.trial, store: services.store, feed: services.feed)
            let verification = Verification(sandboxes: sandboxes, recorder: recorder)
            var verdicts: [Verdict] = []
            for _ in 0..<count { verdicts.append(try await verification.again(layer, original)) }
            outcome = .success(verdicts)
        } catch {
            outcome = .failure(error)
        }
        try await services.host.removeLayer(layer)
        return try outcome.get()
    }

    /// Judges the layers of all steps, each on what it left, and combines every round.
    private func runs(
        _ count: Int,
        of steps: [StepResult],
        _ stages: [TrialSandboxes],
        _ strategy: RewardStrategy
    ) async throws -> [Verdict] {
        var rounds: [[Verdict]] = Array(repeating: [], count: count)
        for (step, sandboxes) in zip(steps, stages) {
            guard step.verifier != nil else {
                for index in rounds.indices { rounds[index].append(step.verdict) }
                continue
            }
            let archive = "\(sandboxes.filesDirectory)/\(Verification.archiveName)"
            let verdicts = try await runs(count, from: archive, sandboxes, step.verdict)
            for (index, verdict) in verdicts.enumerated() { rounds[index].append(verdict) }
        }
        let stopped = steps.last.flatMap { last in last.stopped.map { "step \(last.step.name): \($0)" } }
        return rounds.map { round in
            combineVerdicts(round, names: steps.map(\.step.name), strategy: strategy, stopped: stopped)
        }
    }
}
