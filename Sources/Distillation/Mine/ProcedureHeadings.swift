import Skills

/// Below which headings of a skill kinds of work belong.
enum ProcedureHeadings {
    /// Of a heading's words that a task must speak, as followers of skills take it.
    private static let leastShare = 0.5

    /// The procedures with their conditions; without a skill, or one that has no steps, a kind alone has none.
    ///
    /// A part of the skill is a kind's that does the same work and of which its instructions speak; each is one kind's only.
    static func given(
        to procedures: [MinedProcedure],
        in held: HeldSkill?,
        besides others: [MinedRun]
    ) -> [MinedProcedure] {
        guard let held, !held.conditions.isEmpty else {
            return procedures.count > 1
                ? named(procedures, ConditionWords.words(of: procedures.map(\.runs))) : procedures
        }
        let foreign = Set(ConditionWords.instructions(of: others).joined())
        let words = ConditionWords.words(of: procedures.map(\.runs), unlike: foreign)
        var free = held.conditions
        let conditions = zip(procedures, words).map { procedure, own -> [String] in
            let known = free.contains(own) ? own : part(of: free, for: procedure, in: held)
            free.removeAll { $0 == known }
            return known ?? own
        }
        return named(procedures, conditions)
    }

    private static func named(_ procedures: [MinedProcedure], _ conditions: [[String]]) -> [MinedProcedure] {
        zip(procedures, conditions).map { procedure, condition in
            var own = procedure
            own.condition = condition
            return own
        }
    }

    /// The part that is most like a procedure, if it is like it as one kind is; of equals the first.
    private static func part(of free: [[String]], for procedure: MinedProcedure, in held: HeldSkill) -> [String]? {
        let instructions = ConditionWords.instructions(of: procedure.runs).map { Set($0) }
        let likeness = free.map { condition -> Double in
            let least = leastShare * Double(condition.count)
            let isSpoken = instructions.allSatisfy { Double(condition.count(where: $0.contains)) >= least }
            return isSpoken ? held.likeness(of: condition, to: procedure) : 0
        }
        let best = free.indices.min { (-likeness[$0], $0) < (-likeness[$1], $1) }
        return best.flatMap { likeness[$0] >= WorkKinds.leastSimilarity ? free[$0] : nil }
    }
}
