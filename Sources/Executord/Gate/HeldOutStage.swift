import Gate
import Skills
import Wire

/// Stage 9: the test that decides, on tasks that the version was not learnt from.
struct HeldOutStage: GateCheck {
    let stage = GateStage.heldOut

    func finding(on subject: GateSubject) async throws -> GateFinding {
        let params = subject.params
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
        // What it may err with is spent before the first run: that it never ended gives nothing back.
        let rule = try await Self.rule(for: subject, tasks: tasks.count, replays: params.attempts)
        let ran = try await Replays(subject: subject, agent: agent).run(tasks, attempts: params.attempts, stage: stage)
        let seen = HeldOutRuns(
            pairs: ran.pairs,
            digests: ["job": ran.job, "snapshot": try await subject.library.current().digest],
            remark: "; opened in \(ran.opened) of \(ran.pairs.count) runs" + ran.remark + subject.tasks.remark
        )
        return rule.finding(on: seen)
    }

    private func comparing(_ subject: GateSubject) async throws -> GateFinding {
        let jobs = try await ComparedJobs(subject)
        let outcomes = MatchedTrials.outcomes(jobs.pairs)
        let replays = max(1, PairedDifferences(outcomes).replays)
        let rule = try await Self.rule(for: subject, tasks: outcomes.count, replays: replays)
        let digests = ["with": jobs.with, "without": jobs.without]
        var finding = rule.finding(on: HeldOutRuns(pairs: jobs.pairs, digests: digests, remark: jobs.remark))
        finding.compared = jobs.pairs
        return finding
    }

    /// By what the version claims.
    private static func rule(
        for subject: GateSubject,
        tasks: Int,
        replays: Int
    ) async throws -> any HeldOutRule {
        if subject.version.proposal.isRefactoring {
            return try await NonInferiorityRule.begin(subject, replays: replays)
        }
        return try await SuperiorityRule(subject, tasks: tasks, replays: replays)
    }

    /// How many tasks the version's test takes, for people.
    static func advice(_ subject: GateSubject, tasks: Int, replays: Int) async throws -> String {
        if subject.version.proposal.isRefactoring {
            let rule = try await NonInferiorityRule(subject, replays: replays)
            return NonInferiorityAdvice(tasks: tasks, replays: replays, alpha: rule.alpha)?.description ?? ""
        }
        let next = try await subject.library.budget(alpha: subject.params.alpha)?.next
        let alpha = subject.begun?.share ?? next
        return "\(try SuperiorityRule.advice(subject.params, tasks: tasks, replays: replays, alpha: alpha))"
    }
}

/// What the runs with a version and without it came to.
struct HeldOutRuns: Sendable {
    let pairs: [MatchedTrials]
    let digests: [String: String]
    /// Said behind the figures.
    let remark: String
}

/// How stage 9 decides.
protocol HeldOutRule: Sendable {
    func finding(on runs: HeldOutRuns) -> GateFinding
}

/// A version that claims a gain has to show it, within the library's error budget.
struct SuperiorityRule: HeldOutRule {
    private let spent: BudgetSpending
    private let advice: SampleSizeAdvice

    /// Spends the test's share of the budget, unless it goes on with one that was cut off.
    init(_ subject: GateSubject, tasks: Int, replays: Int) async throws {
        spent = try await subject.library.spend(
            alpha: subject.params.alpha,
            on: subject.reference,
            stage: .heldOut,
            run: subject.run,
            plan: subject.plan()
        )
        advice = try Self.advice(subject.params, tasks: tasks, replays: replays, alpha: spent.share)
    }

    func finding(on runs: HeldOutRuns) -> GateFinding {
        let comparison = Comparison(MatchedTrials.outcomes(runs.pairs), alpha: spent.share, isEnough: advice.suffices)
        var figures = comparison.figures
        (figures["alpha"], figures["test"], figures["needed"]) = (
            spent.share, Double(spent.test), Double(advice.needed)
        )
        let limit = "at most \(Comparison.figure(spent.share)) for test \(spent.test) of this library"
        let said = "\(comparison.text), \(limit)\(runs.remark)"
        func decided(_ outcome: GateDecision.Outcome, _ reason: String, _ move: SkillState? = nil) -> GateFinding {
            let decision = GateDecision(.heldOut, outcome, reason, figures: figures, digests: runs.digests)
            return .init(decision, move: move, pairs: runs.pairs)
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

    /// How many tasks it takes, with the error that the test may have.
    static func advice(
        _ params: SkillGate.Params,
        tasks: Int,
        replays: Int,
        alpha: Double?
    ) throws(WireError) -> SampleSizeAdvice {
        let advice = alpha.flatMap {
            SampleSizeAdvice(tasks: tasks, replays: replays, gain: params.gain, alpha: $0)
        }
        guard let advice else {
            throw WireError(
                .invalidParams,
                "alpha is \(params.alpha), gain \(params.gain), attempts \(replays)",
                remedy: "alpha between 0 and 1, gain above 0 and at most 1, attempts at least 1"
            )
        }
        return advice
    }
}
