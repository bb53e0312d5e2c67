import Gate
import Skills
import Wire

/// Stage 11: pairs of real trials, one of which drew the version; may be asked after every pair.
struct CanaryStage: GateCheck {
    let stage = GateStage.canary

    func finding(on subject: GateSubject) async throws -> GateFinding {
        guard subject.version.state == .canary else {
            return .init(
                GateDecision(stage, .skipped, "the held-out tasks sufficed: a canary is for what they leave open")
            )
        }
        return try await Self.finding(on: subject.reference, in: subject.library, alpha: subject.params.alpha)
    }

    /// What the pairs so far allow.
    static func finding(
        on reference: SkillReference,
        in library: SkillLibrary,
        alpha: Double
    ) async throws -> GateFinding {
        let spent: BudgetSpending
        if let known = try await library.spending(on: reference, stage: .canary) {
            spent = known
        } else {
            spent = try await library.spend(alpha: alpha, on: reference, stage: .canary)
        }
        var evidence = CanaryEvidence()
        let pairs = try await library.pairs(of: reference, source: .canary)
        for pair in pairs { evidence.observe(pair.result) }
        let figures = [
            "pairs": Double(pairs.count), "gain_e": evidence.gain.value, "harm_e": evidence.harm.value,
            "alpha": spent.share,
        ]
        let said =
            "\(pairs.count) pairs: the evidence of gain is \(Comparison.figure(evidence.gain.value)), of harm "
            + "\(Comparison.figure(evidence.harm.value))"
        func decided(_ outcome: GateDecision.Outcome, _ reason: String, _ move: SkillState? = nil) -> GateFinding {
            .init(GateDecision(.canary, outcome, reason, figures: figures), move: move)
        }
        switch evidence.advice(alpha: spent.share, harmAlpha: Comparison.harmAlpha) {
        case .promote: return decided(.passed, said)
        case .rollBack: return decided(.failed, said + ": it does harm", .quarantined)
        case .goOn:
            return decided(
                .waiting,
                said + "; \(Comparison.figure(1 / spent.share)) of gain promotes, 20 of harm ends it"
            )
        }
    }
}

/// Stage 12: the version is served, and from now on `curate` looks after it.
struct ActiveStage: GateCheck {
    let stage = GateStage.active

    func finding(on subject: GateSubject) async throws -> GateFinding {
        .init(GateDecision(stage, .passed, "agents are given it; 'curate' retires what is no longer worth its place"))
    }
}

/// Stage 12 again: what two jobs say of a version that is served.
struct AuditStage: GateCheck {
    let stage = GateStage.active

    func finding(on subject: GateSubject) async throws -> GateFinding {
        let jobs = try await ComparedJobs(subject)
        // Else one comparison, named three times, would be the three audits that retire a version.
        let new = try await jobs.unseen(subject)
        guard !new.isEmpty else {
            throw WireError(
                .conflict,
                "no pair of \(jobs.with) and \(jobs.without) is new: they were compared before, or have no verdicts",
                remedy: "run both jobs again"
            )
        }
        let outcomes = MatchedTrials.outcomes(new)
        let comparison = Comparison(outcomes, alpha: subject.params.alpha, isEnough: false)
        let isHarmful = comparison.answer == .harmful
        let known = new.count < jobs.pairs.count ? "; \(jobs.pairs.count - new.count) pairs were looked at before" : ""
        return .init(
            GateDecision(
                stage,
                isHarmful ? .failed : .passed,
                "audit: " + comparison.text + jobs.remark + known + (isHarmful ? ": it does harm" : ""),
                figures: comparison.figures,
                digests: ["with": jobs.with, "without": jobs.without]
            ),
            move: isHarmful ? .quarantined : nil,
            compared: new
        )
    }
}
