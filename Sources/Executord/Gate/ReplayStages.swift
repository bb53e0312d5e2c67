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
            .init(GateDecision(stage, outcome, reason, figures: figures, digests: ["job": ran.job]))
        }
        guard differences.count > 0 else { return decided(.waiting, "no source task had a verdict on both sides") }
        if differences.mean < 0 { return decided(.failed, said + ": worse than without it") }
        guard differences.repairs > 0 || saving >= Self.leastSaving else {
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

/// Stage 9: the test that decides, on tasks that the version was not learnt from.
struct HeldOutStage: GateCheck {
    let stage = GateStage.heldOut

    func finding(on subject: GateSubject) async throws -> GateFinding {
        let (library, params) = (subject.library, subject.params)
        if params.with != nil { return try await comparing(subject) }
        let tasks = subject.tasks.heldOut.map(\.job)
        if tasks.isEmpty, subject.version.state == .canary {
            return .init(GateDecision(stage, .skipped, "no tasks were named: the canary goes on"))
        }
        guard let agent = params.agent, !tasks.isEmpty else {
            let missing = tasks.isEmpty ? "no task in its scope that it was not learnt from" : "nobody to run the tasks"
            let remedy = tasks.isEmpty ? "--tasks" : "--agent"
            return .init(
                GateDecision(stage, .waiting, "\(missing): name them with \(remedy)\(subject.tasks.remark)")
            )
        }
        let advice = try await Self.advice(subject, tasks: tasks.count, replays: params.attempts)
        // Spent before the first run: what comes of it, or that it never ended, gives nothing back.
        let spent = try await library.spend(alpha: params.alpha, on: subject.reference, stage: stage)
        let ran = try await Replays(subject: subject, agent: agent).run(tasks, attempts: params.attempts, stage: stage)
        return decide(
            ran.pairs,
            spent,
            advice,
            ["job": ran.job, "snapshot": try await library.current().digest],
            remark: "; opened in \(ran.opened) of \(ran.pairs.count) runs" + subject.tasks.remark
        )
    }

    private func comparing(_ subject: GateSubject) async throws -> GateFinding {
        let jobs = try await ComparedJobs(subject)
        let outcomes = MatchedTrials.outcomes(jobs.pairs)
        let replays = PairedDifferences(outcomes).replays
        let advice = try await Self.advice(subject, tasks: outcomes.count, replays: max(1, replays))
        let spent = try await subject.library.spend(alpha: subject.params.alpha, on: subject.reference, stage: stage)
        try await jobs.credit(subject)
        return decide(jobs.pairs, spent, advice, ["with": jobs.with, "without": jobs.without], remark: jobs.remark)
    }

    private func decide(
        _ pairs: [MatchedTrials],
        _ spent: BudgetSpending,
        _ advice: SampleSizeAdvice,
        _ digests: [String: String],
        remark: String
    ) -> GateFinding {
        let comparison = Comparison(MatchedTrials.outcomes(pairs), alpha: spent.share, isEnough: advice.suffices)
        var figures = comparison.figures
        (figures["alpha"], figures["test"], figures["needed"]) = (
            spent.share, Double(spent.test), Double(advice.needed)
        )
        let limit = "at most \(Comparison.figure(spent.share)) for test \(spent.test) of this library"
        let said = "\(comparison.text), \(limit)\(remark)"
        func decided(_ outcome: GateDecision.Outcome, _ reason: String, _ move: SkillState? = nil) -> GateFinding {
            let decision = GateDecision(stage, outcome, reason, figures: figures, digests: digests)
            return .init(decision, move: move, pairs: pairs)
        }
        switch comparison.answer {
        case .better: return decided(.passed, said)
        case .harmful:
            let harm = Comparison.figure(comparison.harm.pValue)
            return decided(.failed, said + ": it does harm (p = \(harm))", .quarantined)
        case .noBetter: return decided(.failed, said + ": no gain was shown")
        case .tooFewTasks: return decided(.waiting, said + ". \(advice)", .canary)
        }
    }

    /// How many tasks it takes, with the error that the next test may have.
    static func advice(_ subject: GateSubject, tasks: Int, replays: Int) async throws -> SampleSizeAdvice {
        let alpha = try await subject.library.budget(alpha: subject.params.alpha)?.next
        let gain = subject.params.gain
        let advice = alpha.flatMap { SampleSizeAdvice(tasks: tasks, replays: replays, gain: gain, alpha: $0) }
        guard let advice else {
            throw WireError(
                .invalidParams,
                "alpha is \(subject.params.alpha), gain \(gain), attempts \(replays)",
                remedy: "alpha between 0 and 1, gain above 0 and at most 1, attempts at least 1"
            )
        }
        return advice
    }
}
