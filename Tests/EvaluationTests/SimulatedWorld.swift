import Evaluation
import Wire

/// Does what an evaluation asks for without a daemon: agents pass by a rule.
struct SimulatedWorld {
    var plan: EvaluationPlan
    /// Whether an agent passes with these skills.
    var passes: @Sendable (Instance, [LibrarySkill]) -> Bool = { instance, library in
        library.contains { $0.family == instance.family } && instance.tier < .t5
    }
    /// Families whose distiller changes the library in every stage; of the others only the first stage does.
    var restless: Set<String> = []
    var harmful = false

    static func plan(_ kind: EvaluationProtocol = .skillevolbench, agents: Int = 1) -> EvaluationPlan {
        EvaluationPlan(
            kind: kind,
            run: "1",
            version: "1.0.0",
            suite: "abc",
            families: [
                .init(role: "clerk", name: "answering", curated: "sha256:c"), .init(role: "clerk", name: "sorting"),
                .init(role: "cook", name: "baking"),
            ],
            conditions: Condition.allCases,
            orders: LearningOrder.allCases,
            teacher: AgentSpec(kind: .replay),
            agents: (1...agents).map { AgentSpec(kind: .replay, label: "agent \($0)") },
            instances: 2,
            attempts: 1,
            seed: 7
        )
    }

    /// The results of one piece of work.
    func perform(_ work: EvaluationState.Work, _ state: EvaluationState) -> [EvaluationRecord] {
        switch work {
        case .teach(let instance):
            (1...plan.demonstrations).map { attempt in
                EvaluationRecord(trial: trial(instance, nil, 0, attempt, attempt > 1))
            }
        case .learn(let condition, let order, let number, let library, _):
            [EvaluationRecord(library: stage(condition, order, number, library))]
        case .measure(let agent, let library, let instances):
            instances.flatMap { instance in
                (1...plan.attempts).map { attempt in
                    EvaluationRecord(trial: trial(instance, library, agent, attempt, passes(instance, library)))
                }
            }
        }
    }

    func stage(_ condition: Condition, _ order: LearningOrder, _ number: Int, _ library: [LibrarySkill]) -> LibraryStage
    {
        var stage = LibraryStage(condition: condition, order: order, stage: number, skills: library)
        for family in plan.families {
            let isMade =
                switch condition.base {
                case .nothing: number == 1 && condition.distiller != nil
                case .instructions: number == 0
                case .people: number == 0 && family.curated != nil
                }
            if isMade {
                stage.skills.append(
                    Self.skill(
                        family.name,
                        condition.base == .nothing ? "\(condition.distiller ?? "")" : "\(condition.base)"
                    )
                )
                stage.created.append(family.name)
            } else if number > 0, restless.contains(family.name), condition.distiller != nil,
                let place = stage.skills.firstIndex(where: { $0.family == family.name })
            {
                stage.skills[place] = Self.skill(family.name, "\(condition.rawValue)-\(order)-\(number)")
                stage.revised.append(family.name)
            }
        }
        return stage
    }

    static func skill(_ family: String, _ content: String) -> LibrarySkill {
        LibrarySkill(
            family: family,
            skill: SkillGiven(name: family, digest: "sha256:\(content)"),
            lines: 10,
            bytes: 100,
            text: "# \(family)\nshared by everybody\nonly of \(content) and \(family)\n"
        )
    }

    func trial(_ instance: Instance, _ library: [LibrarySkill]?, _ agent: Int, _ attempt: Int, _ isPassed: Bool)
        -> MeasuredTrial
    {
        MeasuredTrial(
            library: library.map(LibraryStage.key),
            agent: agent,
            instance: instance,
            attempt: attempt,
            trial: "\(instance.family)__\(instance.tier)\(instance.seed)",
            outcome: isPassed ? .passed : .failed,
            rewards: ["reward": isPassed ? 1 : 0, "outcome": 1, "process": isPassed ? 1 : 0],
            opened: (library ?? []).filter { $0.family == instance.family }.map(\.skill.name)
        )
    }

    /// Goes on until nothing is left to do.
    func finish(_ begun: EvaluationState, keep: (EvaluationRecord) -> Void = { _ in }) -> EvaluationState {
        var state = begun
        while let work = state.next() {
            for record in perform(work, state) {
                keep(record)
                state.add(record)
            }
        }
        return state
    }
}
