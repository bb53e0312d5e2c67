/// A library and the instances that agents are measured on with it.
package struct Arm: Sendable, Hashable {
    package var condition: Condition
    package var order: LearningOrder
    package var stage: Int
    /// The family whose skill is given alone; nil is the whole library.
    package var source: String?
    package var library: [LibrarySkill]
    package var instances: [Instance]

    package var key: String { LibraryStage.key(of: library) }
}

extension EvaluationState {
    /// All that is measured, as far as it is known what libraries come to.
    package var arms: [Arm] {
        switch plan.kind {
        case .skillevolbench: wholeLibraries
        case .after: singleSkills
        }
    }

    /// Each library as a whole: what it has learnt in the end on everything, what it had on the way on what was learnt from.
    private var wholeLibraries: [Arm] {
        plan.conditions.flatMap { condition in
            plan.orders(of: condition).flatMap { order in
                let last = plan.stages(of: condition, order)
                return (0...last).compactMap { number -> Arm? in
                    guard let stage = stage(condition, order, number), number > 0 || last == 0 else { return nil }
                    return Arm(
                        condition: condition,
                        order: order,
                        stage: number,
                        library: stage.skills,
                        instances: number == last ? plan.learning + plan.heldOut : plan.learning
                    )
                }
            }
        }
    }

    /// Each skill alone: on what it was learnt from, and on what no skill was learnt from.
    private var singleSkills: [Arm] {
        plan.conditions.flatMap { condition -> [Arm] in
            guard let order = plan.orders(of: condition).first, let stage = final(condition, order) else { return [] }
            func arm(_ source: String?, _ library: [LibrarySkill], _ instances: [Instance]) -> Arm {
                Arm(
                    condition: condition,
                    order: order,
                    stage: stage.stage,
                    source: source,
                    library: library,
                    instances: instances
                )
            }
            if condition == .noSkill { return [arm(nil, [], plan.learning + plan.heldOut)] }
            return plan.families.compactMap { family in
                let own = stage.skills.filter { $0.family == family.name }
                guard !own.isEmpty else { return nil }
                return arm(family.name, own, plan.learning.filter { $0.family == family.name } + plan.heldOut)
            }
        }
    }
}
