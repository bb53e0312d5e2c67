import Distillation
import Gate
import Skills
import Wire

/// A version that claims to say the same in fewer words has to be shorter, and no worse than the one that is served.
///
/// It claims no gain, so that it spends nothing of the error budget, and is never called an improvement. Pairs of real
/// trials tell gain or harm, and neither is claimed: it becomes no canary.
struct NonInferiorityRule: HeldOutRule {
    /// What it is held against.
    let base: SkillVersion
    /// Of all texts of either.
    let tokens: (before: Int, after: Int)
    let replays: Int
    /// How often the version was looked at before.
    let looks: Int

    /// What this look may err with: together, however many there will be, 5 %.
    var alpha: Double { NonInferiority.alpha / Double((looks + 1) * (looks + 2)) }

    func finding(on runs: HeldOutRuns) -> GateFinding {
        let outcomes = MatchedTrials.outcomes(runs.pairs)
        let comparison = Comparison(outcomes, alpha: 0, isEnough: true)
        let test = NonInferiority(
            comparison.differences,
            alpha: alpha,
            tokensBefore: tokens.before,
            tokensAfter: tokens.after
        )
        let advice = NonInferiorityAdvice(tasks: comparison.differences.count, replays: replays, alpha: alpha)
        var figures = comparison.figures.filter { !["p", "low", "high"].contains($0.key) }
        (figures["lower_end"], figures["saving"], figures["alpha"]) = (test.lowerBound, test.saving, alpha)
        figures["needed"] = advice.map { Double($0.needed) }
        let said = text(comparison.differences, test) + runs.remark
        func decided(_ outcome: GateDecision.Outcome, _ reason: String, _ move: SkillState? = nil) -> GateFinding {
            let decision = GateDecision(.heldOut, outcome, reason, figures: figures, digests: runs.digests)
            return .init(decision, move: move, pairs: runs.pairs)
        }
        if runs.pairs.contains(where: { !Self.has(base, $0.without) }) {
            return decided(.failed, said + ": not all runs without it had \(base.reference), which it is held against")
        }
        if comparison.answer == .harmful {
            let harm = Comparison.figure(comparison.harm.pValue)
            return decided(.failed, said + ": it does harm (p = \(harm))", .quarantined)
        }
        guard test.saving >= NonInferiority.leastSaving else {
            let least = Int(NonInferiority.leastSaving * 100)
            return decided(.failed, said + ": at least \(least) % fewer tokens are asked of what claims no gain")
        }
        guard runs.pairs.contains(where: { $0.without.hasPassed == true }) else {
            return decided(.waiting, said + ": nothing passed without it, so that it had nothing to lose")
        }
        if test.isNoWorse { return decided(.passed, said + ": no worse, and shorter") }
        let isEnough = advice?.suffices ?? false
        return decided(
            isEnough ? .failed : .waiting,
            said + ": it was not shown that less than 3 points are lost"
                + (isEnough ? "" : "; \(advice?.description ?? "")")
        )
    }

    private static func has(_ version: SkillVersion, _ run: MatchedTrials.Run) -> Bool {
        run.configuration.skills?.contains { $0.digest == version.digest } ?? false
    }

    private func text(_ differences: PairedDifferences, _ test: NonInferiority) -> String {
        let bound =
            test.lowerBound.map {
                "\(Comparison.points($0)) points or more, but for a chance of \(Comparison.figure(alpha))"
            }
            ?? "unknown"
        return "\(differences.count) tasks x \(differences.replays) against the version that is served: difference "
            + "\(bound), \(differences.repairs) repaired, \(differences.regressions) broken, "
            + "\(Comparison.points(test.saving)) % fewer tokens"
    }
}

extension NonInferiorityRule {
    init(_ subject: GateSubject, replays: Int) async throws {
        guard let served = subject.served, served.version.reference != subject.reference else {
            throw WireError(
                .conflict,
                "\(subject.reference) says the same as another version in fewer words, and none is served to hold it against",
                remedy: "let the version that it was made of prove itself first"
            )
        }
        self.init(
            base: served.version,
            tokens: (Self.tokens(in: served.tree), Self.tokens(in: subject.tree)),
            replays: replays,
            looks: try await Self.looks(at: subject.reference, in: subject.library)
        )
    }

    /// The rule of a look that begins now: that is on disk before the first run, so that no look that is cut off is free.
    static func begin(_ subject: GateSubject, replays: Int) async throws -> NonInferiorityRule {
        let rule = try await NonInferiorityRule(subject, replays: replays)
        let reason = "look \(rule.looks + 1) begins, which may err with \(Comparison.figure(rule.alpha))"
        try await subject.library.record(
            GateDecision(.heldOut, .waiting, reason, figures: [lookFigure: Double(rule.looks + 1)]),
            on: subject.reference,
            run: subject.run,
            actor: GateRun.actor
        )
        return rule
    }

    /// Of decisions that say that a look begins.
    private static let lookFigure = "look"

    /// How often a version was looked at: whoever asks again with other seeds has another chance to err.
    static func looks(at reference: SkillReference, in library: SkillLibrary) async throws -> Int {
        try await library.decisions(on: reference.skill).count {
            $0.reference == reference && $0.decision.figures[lookFigure] != nil
        }
    }

    private static func tokens(in tree: SkillTree) -> Int {
        tree.files.values.compactMap(\.text).reduce(0) { $0 + TokenEstimate.tokens(in: $1) }
    }
}
