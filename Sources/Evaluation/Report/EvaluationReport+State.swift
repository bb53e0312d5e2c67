import Wire

extension EvaluationReport {
    /// What can be said of what is done; of an evaluation that is not, what is there so far.
    package init(_ state: EvaluationState) {
        let plan = state.plan
        let progress = state.progress
        let lessons = plan.learning.flatMap(state.lessons)
        let parts = plan.agents.indices.map { AgentPart(state, $0) }
        self.init(
            plan: plan,
            measured: progress.done,
            wanted: progress.total,
            isFinished: state.next() == nil,
            lessons: Lessons(
                trials: lessons.count,
                passed: lessons.count { $0.outcome == .passed },
                failed: lessons.count { $0.outcome == .failed }
            ),
            agents: parts,
            crossModel: Self.crossModel(state),
            libraries: Self.libraries(state),
            absent: Self.absences(state),
            unjudged: Self.unjudged(state)
        )
    }

    private static func libraries(_ state: EvaluationState) -> [Library] {
        let plan = state.plan
        return plan.conditions.flatMap { condition in
            plan.orders(of: condition).flatMap { order in
                (0...plan.stages(of: condition, order)).compactMap { number in
                    state.stage(condition, order, number).map { stage in
                        Library(
                            condition: condition,
                            order: order,
                            stage: number,
                            skills: stage.skills.map { "\($0.skill.name) \($0.skill.digest)" },
                            refused: stage.refused,
                            notes: stage.notes
                        )
                    }
                }
            }
        }
    }

    private static func unjudged(_ state: EvaluationState) -> [String] {
        let keys = Set(state.arms.map(\.key)).sorted()
        let instances = state.plan.learning + state.plan.heldOut
        let measured = state.plan.agents.indices.flatMap { agent in
            keys.flatMap { key in instances.flatMap { state.trials($0, agent: agent, library: key) } }
        }
        return (state.plan.learning.flatMap(state.lessons) + measured).filter { $0.passed == nil }.map {
            "\($0.trial) (\($0.instance.path)): \($0.exception ?? "no verdict")"
        }
    }

    /// The same skills, learnt from the teacher's runs, with each agent.
    private static func crossModel(_ state: EvaluationState) -> [CrossModelRow] {
        guard state.plan.kind == .after, state.plan.agents.count > 1 else { return [] }
        return state.plan.conditions.filter { $0 != .noSkill }.flatMap { condition in
            state.plan.agents.indices.map { agent in
                let pairs = state.arms.filter { $0.condition == condition && $0.source != nil }.flatMap { arm in
                    state.pairs(arm.instances.filter { $0.family == arm.source }, arm.key, agent)
                }
                return CrossModelRow(
                    condition: condition,
                    agent: state.plan.agents[agent].displayName,
                    comparison: Comparison(pairs).map { .value($0) } ?? .absent("no verdicts on both sides")
                )
            }
        }
    }

    private static func absences(_ state: EvaluationState) -> [Absence] {
        let plan = state.plan
        var found: [Absence] = []
        func add(_ metric: String, _ reason: String) { found.append(Absence(metric: metric, reason: reason)) }
        for family in plan.families where family.curated == nil {
            if plan.conditions.contains(where: { $0.base == .people }) {
                add("curated skill of \(family.name)", "the suite has none; its tasks are run without one")
            }
        }
        switch plan.kind {
        case .skillevolbench:
            add("stale and conflicting skills", "no rule without a model tells them from others")
            add("retirement precision and recall, churn", "no condition retires skills")
            add("rollback rate", "no condition has a gate that could roll back")
            add(
                "oracle-retrieval gap of T6",
                "agents are given the whole library; none is given the right skills alone"
            )
        case .after:
            if plan.agents.count < 2 { add(Regime.crossModel.rawValue, "not run: it needs --agent twice") }
        }
        if plan.families.count < 2 { add("use across families", "there is one family") }
        if Set(plan.families.map(\.role)).count < 2 { add("use across roles", "there is one role") }
        return found
    }
}

extension EvaluationState {
    /// Trials with a library and without one, task by task.
    func pairs(_ instances: [Instance], _ key: String, _ agent: Int) -> [(
        task: String, with: [MeasuredTrial], without: [MeasuredTrial]
    )] {
        instances.map {
            ($0.path, trials($0, agent: agent, library: key), trials($0, agent: agent, library: "none"))
        }
    }

    /// An agent's trials of a task with what a condition came to, over some orders.
    func trials(_ instance: Instance, _ condition: Condition, _ orders: [LearningOrder], _ agent: Int)
        -> [MeasuredTrial]
    {
        orders.flatMap { order in
            final(condition, order).map { trials(instance, agent: agent, library: $0.key) } ?? []
        }
    }
}
