import Gate
import Skills
import Wire

/// Stage 8: runs the tasks that a version was learnt from, with it and without.
struct SourceReplayStage: GateCheck {
    let stage = GateStage.sourceReplay
    private static let leastAttempts = 2
    /// What counts as work saved where nothing was left to repair.
    private static let leastSaving = 0.1

    func finding(on subject: GateSubject) async throws -> GateFinding {
        guard subject.params.with == nil else {
            return .init(GateDecision(stage, .skipped, "two recorded jobs are compared: the gate runs nothing itself"))
        }
        guard !subject.sources.isEmpty else {
            return .init(GateDecision(stage, .skipped, "no trial stands behind it: there is nothing to repeat"))
        }
        guard let agent = subject.params.agent else {
            return .init(GateDecision(stage, .waiting, "nobody to run the source tasks: name an agent with --agent"))
        }
        var tasks: [JobTask] = []
        for source in subject.sources where source.isSuccess {
            guard let configuration = source.configuration else { continue }
            let (digest, name) = (configuration.taskDigest, configuration.taskName)
            guard !tasks.contains(where: { $0.digest == digest }) else { continue }
            tasks.append(JobTask(digest: digest, name: name, path: configuration.taskPath))
        }
        let attempts = max(Self.leastAttempts, subject.params.attempts)
        let ran = try await Replays(subject: subject, agent: agent).run(tasks, attempts: attempts, stage: stage)
        let differences = PairedDifferences(ran.outcomes)
        let saving = Self.saving(ran.pairs)
        let figures = [
            "tasks": Double(differences.count), "replays": Double(differences.replays),
            "difference": differences.mean, "repairs": Double(differences.repairs), "saving": saving,
            "opened": Double(ran.opened),
        ]
        let percent = Int((abs(saving) * 100).rounded())
        let said =
            "\(differences.count) source tasks x \(differences.replays): \(differences.repairs) repaired, "
            + "\(differences.regressions) broken, \(percent) % \(saving < 0 ? "more" : "fewer") actions"
        func decided(_ outcome: GateDecision.Outcome, _ reason: String) -> GateFinding {
            .init(GateDecision(stage, outcome, reason + ran.remark, figures: figures, digests: ["job": ran.job]))
        }
        guard differences.count > 0 else { return decided(.waiting, "no source task had a verdict on both sides") }
        if differences.mean < 0 { return decided(.failed, said + ": worse than without it") }
        // A refactoring is to change nothing; that it is shorter is looked at on the held-out tasks.
        let isRefactoring = subject.version.proposal.isRefactoring
        guard isRefactoring || differences.repairs > 0 || saving >= Self.leastSaving else {
            return decided(.failed, said + ": it changes nothing where it was learnt")
        }
        return decided(.passed, said)
    }

    /// The share of the actions that the side with the version did without.
    private static func saving(_ pairs: [MatchedTrials]) -> Double {
        let without = pairs.reduce(0) { $0 + $1.without.actions }
        let with = pairs.reduce(0) { $0 + $1.with.actions }
        return without == 0 ? 0 : 1 - Double(with) / Double(without)
    }
}
