import Wire

/// What became of skills beyond what they were learnt from.
package struct Transfer: Codable, Sendable, Hashable {
    package var condition: Condition
    /// The share of trials in which the family's own skill was opened, and in which another family's was.
    package var reuse: Double?
    package var foreignUse: Double?
    /// Frozen tasks that it repaired, and those that it broke, as shares of all of them.
    package var positive: Double?
    package var negative: Double?
    /// Held-out and frozen tasks that broke where only another family's skill was opened, of all such.
    package var interference: Double?
    /// Tasks learnt from that passed right after their stage, and those of them that fail in the end.
    package var learnt: Int
    package var forgotten: Int

    package var forgetting: Double? { learnt > 0 ? Double(forgotten) / Double(learnt) : nil }
}

extension EvaluationState {
    func transfer(of condition: Condition, agent: Int) -> Transfer? {
        let finals = plan.orders(of: condition).compactMap { final(condition, $0) }
        guard condition != .noSkill, !finals.isEmpty else { return nil }
        var uses: [(trial: MeasuredTrial, own: Bool, foreign: Bool)] = []
        var frozen: [(before: Bool, after: Bool)] = []
        var strays: [(before: Bool, after: Bool)] = []
        for stage in finals {
            for instance in plan.heldOut {
                let names = Set(stage.skills.filter { $0.family == instance.family }.map(\.skill.name))
                let before = passes(instance, "none", agent)
                let after = passes(instance, stage.key, agent)
                for trial in trials(instance, agent: agent, library: stage.key) {
                    let own = trial.opened.contains(where: names.contains)
                    uses.append((trial, own, trial.opened.contains { !names.contains($0) }))
                }
                guard let before, let after else { continue }
                if instance.part == .frozen { frozen.append((before, after)) }
                let opened = trials(instance, agent: agent, library: stage.key).flatMap(\.opened)
                if !opened.isEmpty, !opened.contains(where: names.contains) { strays.append((before, after)) }
            }
        }
        func share(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }
        let kept = retention(of: condition, agent: agent)
        return Transfer(
            condition: condition,
            reuse: share(uses.count(where: \.own), uses.count),
            foreignUse: share(uses.count(where: \.foreign), uses.count),
            positive: share(frozen.count { !$0.before && $0.after }, frozen.count),
            negative: share(frozen.count { $0.before && !$0.after }, frozen.count),
            interference: share(strays.count { $0.before && !$0.after }, strays.count),
            learnt: kept.learnt,
            forgotten: kept.forgotten
        )
    }

    private func retention(of condition: Condition, agent: Int) -> (learnt: Int, forgotten: Int) {
        var (learnt, forgotten) = (0, 0)
        for order in plan.orders(of: condition) {
            guard let last = final(condition, order) else { continue }
            for number in 1..<max(1, plan.stages(of: condition, order)) {
                guard let then = stage(condition, order, number) else { continue }
                for instance in plan.learning where instance.tier == order.tiers[number - 1] {
                    guard passes(instance, then.key, agent) == true else { continue }
                    learnt += 1
                    forgotten += passes(instance, last.key, agent) == false ? 1 : 0
                }
            }
        }
        return (learnt, forgotten)
    }

    /// Whether most trials passed; nil without a verdict.
    func passes(_ instance: Instance, _ library: String, _ agent: Int) -> Bool? {
        let rewards = trials(instance, agent: agent, library: library).compactMap(\.passed)
        return rewards.isEmpty ? nil : 2 * rewards.count { $0 >= 1 } > rewards.count
    }
}

/// Compositions by what the agent had read when it passed or failed.
package struct Compositions: Codable, Sendable, Hashable {
    package var condition: Condition
    package var passed = 0
    /// Failed with no skill opened, with the family's own, with others only.
    package var failedUnread = 0
    package var failedWithOwn = 0
    package var failedWithOthers = 0
}
