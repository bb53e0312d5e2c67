import Skills

/// The defaults by which a library is governed; each names whose experience it is.
package struct CurationRules: Sendable, Hashable {
    /// States of skills that are in use.
    package var governed: Set<String> = ["canary", "active", "narrowed"]
    /// Skills in use; the least creditable go (Ratchet).
    package var cap = 50
    /// Uses before credit can retire a skill; retiring early did harm in Ratchet's ablation.
    package var retireUses = 100
    package var retireCredit = -0.10
    /// Audits in a row below `LeaveOneOut.retireBelow`, and the uses that it takes (SLIM).
    package var retireAudits = 3
    package var retireAuditUses = 30
    /// E-value of harm that retires at once.
    package var harmEvidence = 20.0
    /// Uses before a skill can be quarantined or narrowed (SkillEvolBench).
    package var quarantineUses = 3
    /// Failures beyond those of matched runs without the skill, as a share: hard tasks are not the skill's fault.
    package var quarantineExcess = 0.4

    package init() {}

    /// The first rule that applies; nil when the skill may stay as it is.
    func decision(on skill: DistillRequest.Skill) -> CurationDecision? {
        let stats = skill.stats
        if let harm = stats.harmEvidence, harm >= harmEvidence {
            return .init(skill: skill, operation: .retire, reason: "the evidence of harm is \(Self.rounded(harm))")
        }
        if stats.opened >= retireUses, credit(of: stats) <= retireCredit {
            let reason = "credit \(Self.rounded(credit(of: stats))) after \(stats.opened) uses"
            return .init(skill: skill, operation: .retire, reason: reason)
        }
        if let average = stats.leaveOneOutAverage, average < LeaveOneOut.retireBelow,
            stats.leaveOneOutBelow >= retireAudits, stats.opened >= retireAuditUses
        {
            let reason = "\(stats.leaveOneOutBelow) audits in a row found that nothing is lost without it"
            return .init(skill: skill, operation: .retire, reason: reason)
        }
        return decisionOnContexts(of: skill)
    }

    /// Quarantine when it fails everywhere, narrowing when it fails in one environment or role only.
    private func decisionOnContexts(of skill: DistillRequest.Skill) -> CurationDecision? {
        let contexts = skill.stats.contexts
        func failing(_ key: (DistillRequest.Context) -> String) -> (bad: [String], all: Int) {
            let groups = Dictionary(grouping: contexts, by: key)
            return (groups.filter { excess($0.value) ?? -1 >= quarantineExcess }.keys.sorted(), groups.count)
        }
        let roles = failing(\.role)
        let environments = failing(\.environment)
        for (found, isRole) in [(environments, false), (roles, true)] where found.bad.count == 1 && found.all > 1 {
            let place = found.bad[0]
            // Narrow only when the rest is well: else the whole skill is in question.
            let rest = contexts.filter { (isRole ? $0.role : $0.environment) != place }
            guard let others = excess(rest), others < quarantineExcess else { continue }
            let filter = isRole ? DistillResponse.Filter(roles: [place]) : .init(environments: [place])
            return .init(
                skill: skill,
                operation: .narrow,
                reason: "fails in the \(isRole ? "role" : "environment") \(place) only",
                exclude: filter
            )
        }
        guard let excess = excess(contexts), excess >= quarantineExcess else { return nil }
        let reason = "fails \(Self.rounded(excess)) more of its runs than matched runs without it"
        return .init(skill: skill, operation: .quarantine, reason: reason)
    }

    /// The failure rate minus that of matched runs; nil with too few uses or nothing to match.
    private func excess(_ contexts: [DistillRequest.Context]) -> Double? {
        let matched = contexts.filter { $0.matchedRuns > 0 && $0.uses > 0 }
        let uses = matched.reduce(0) { $0 + $1.uses }
        guard uses >= quarantineUses else { return nil }
        // Weighted by its uses, so that a place with many runs without it does not decide.
        let failures = matched.reduce(0.0) { $0 + Double($1.failures) }
        let expected = matched.reduce(0.0) {
            $0 + Double($1.uses) * Double($1.matchedFailures) / Double($1.matchedRuns)
        }
        return (failures - expected) / Double(uses)
    }

    /// Those that are over the cap, by the lower end of what is known of their credit.
    func evictions(from skills: [DistillRequest.Skill]) -> [CurationDecision] {
        let surplus = skills.count - cap
        guard surplus > 0 else { return [] }
        let worst = skills.sorted { (lowerCredit(of: $0.stats), $0.id) < (lowerCredit(of: $1.stats), $1.id) }
        return worst.prefix(surplus).map { skill in
            let credit = Self.rounded(lowerCredit(of: skill.stats))
            return .init(
                skill: skill,
                operation: .retire,
                reason: "\(skills.count) skills are in use, \(cap) may be; its credit is at least \(credit)"
            )
        }
    }

    /// `(repairs − regressions) / uses`
    private func credit(of stats: DistillRequest.Statistics) -> Double {
        stats.opened > 0 ? Double(stats.credit.repairs - stats.credit.regressions) / Double(stats.opened) : 0
    }

    /// The credit minus its standard error; a skill that was never used has the widest.
    private func lowerCredit(of stats: DistillRequest.Statistics) -> Double {
        let uses = Double(max(1, stats.opened))
        let credit = credit(of: stats)
        let squares = Double(stats.credit.repairs + stats.credit.regressions) / uses
        // With one pair of either kind added, so that few uses do not look certain.
        let spread = max(0, squares - credit * credit) + 2 / (uses + 2)
        return credit - (spread / uses).squareRoot()
    }

    /// In hundredths, written alike everywhere.
    private static func rounded(_ value: Double) -> String {
        value.isFinite ? "\((value * 100).rounded() / 100)" : "\(value)"
    }
}
