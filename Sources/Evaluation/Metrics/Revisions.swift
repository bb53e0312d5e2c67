import Wire

/// How safe it was to apply what a distiller proposed, without a gate.
package struct Revisions: Codable, Sendable, Hashable {
    package var condition: Condition
    /// Proposals that were applied, those that were refused, and stages in which a family's skill stayed as it was.
    package var applied = 0
    package var refused = 0
    package var unchanged = 0
    /// Applied changes by what the next tier's tasks of the same family said, with it and without it.
    package var helped = 0
    package var hurt = 0
    package var neutral = 0
    /// Of the changes that helped on what they were made of, those that hurt on the next tier; nil where none helped.
    package var overfitted: Double?

    package init(condition: Condition) { self.condition = condition }

    package var acceptance: Double? {
        applied + refused > 0 ? Double(applied) / Double(applied + refused) : nil
    }
}

extension EvaluationState {
    /// What came of a condition's changes; nil where it makes none.
    func revisions(of condition: Condition, agent: Int) -> Revisions? {
        guard condition.distiller != nil else { return nil }
        var result = Revisions(condition: condition)
        var (source, overfitted) = (0, 0)
        for order in plan.orders(of: condition) {
            for number in 1...max(1, plan.stages(of: condition, order)) {
                guard let after = stage(condition, order, number), let before = stage(condition, order, number - 1)
                else { continue }
                result.refused += after.refused.count
                for family in plan.families.map(\.name) {
                    let (old, new) = (before.digests(family), after.digests(family))
                    guard old != new else {
                        result.unchanged += 1
                        continue
                    }
                    result.applied += 1
                    func effect(_ tier: Tier) -> Double? {
                        let tasks = plan.learning.filter { $0.family == family && $0.tier == tier }
                        return compare(tasks, after.key, before.key, agent)?.lift
                    }
                    let own = effect(order.tiers[number - 1])
                    let next = number < order.tiers.count ? effect(order.tiers[number]) : nil
                    if let next {
                        if next > 0 {
                            result.helped += 1
                        } else if next < 0 {
                            result.hurt += 1
                        } else {
                            result.neutral += 1
                        }
                    }
                    if let own, let next, own > 0 {
                        source += 1
                        overfitted += next < 0 ? 1 : 0
                    }
                }
            }
        }
        result.overfitted = source > 0 ? Double(overfitted) / Double(source) : nil
        return result
    }

    /// An agent on some tasks with one library and with another.
    func compare(_ instances: [Instance], _ with: String, _ without: String, _ agent: Int) -> Comparison? {
        Comparison(
            instances.map {
                (
                    $0.path, trials($0, agent: agent, library: with), trials($0, agent: agent, library: without)
                )
            }
        )
    }
}

extension LibraryStage {
    var key: String { Self.key(of: skills) }

    func digests(_ family: String) -> [String] {
        skills.filter { $0.family == family }.map(\.skill.digest).sorted()
    }
}
