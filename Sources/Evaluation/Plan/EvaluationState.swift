/// What is done of a plan, and with it what comes next: all that an interrupted evaluation needs to go on.
package struct EvaluationState: Sendable {
    package let plan: EvaluationPlan
    private var stages: [StageKey: LibraryStage] = [:]
    private var trials: [TrialKey: [Int: MeasuredTrial]] = [:]

    private struct StageKey: Hashable {
        var condition: Condition
        var order: LearningOrder
        var stage: Int
    }
    private struct TrialKey: Hashable {
        var library: String?
        var agent: Int
        var instance: Instance
    }

    package init(_ plan: EvaluationPlan, _ records: [EvaluationRecord] = []) {
        self.plan = plan
        for record in records { add(record) }
    }

    /// Of two records of the same thing the first counts.
    package mutating func add(_ record: EvaluationRecord) {
        if let stage = record.library {
            let key = StageKey(condition: stage.condition, order: stage.order, stage: stage.stage)
            if stages[key] == nil { stages[key] = stage }
        }
        if let trial = record.trial {
            let key = TrialKey(library: trial.library, agent: trial.agent, instance: trial.instance)
            if trials[key]?[trial.attempt] == nil { trials[key, default: [:]][trial.attempt] = trial }
        }
    }

    // MARK: What there is

    package func stage(_ condition: Condition, _ order: LearningOrder, _ stage: Int) -> LibraryStage? {
        stages[StageKey(condition: condition, order: order, stage: stage)]
    }

    /// What a condition has learnt in the end.
    package func final(_ condition: Condition, _ order: LearningOrder) -> LibraryStage? {
        stage(condition, order, plan.stages(of: condition, order))
    }

    /// The teacher's trials of an instance.
    package func lessons(_ instance: Instance) -> [MeasuredTrial] {
        trials(TrialKey(library: nil, agent: 0, instance: instance))
    }

    /// An agent's trials of an instance with a library, in the order of attempts.
    package func trials(_ instance: Instance, agent: Int, library: String) -> [MeasuredTrial] {
        trials(TrialKey(library: library, agent: agent, instance: instance))
    }

    private func trials(_ key: TrialKey) -> [MeasuredTrial] {
        (trials[key] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    // MARK: What comes next

    /// A piece of work that ends in records.
    package enum Work: Sendable, Hashable {
        /// The teacher's runs of one.
        case teach(Instance)
        /// A library's beginning, or its next stage, by the runs of these.
        case learn(Condition, LearningOrder, stage: Int, from: [LibrarySkill], lessons: [Instance])
        /// An agent's trials with a library.
        case measure(agent: Int, library: [LibrarySkill], [Instance])
    }

    /// Trials of one job, at most: after each job results are written.
    private static let most = 60

    /// nil when all is done.
    package func next() -> Work? {
        teaching() ?? learning() ?? measuring()
    }

    private func teaching() -> Work? {
        guard plan.conditions.contains(where: { $0.distiller != nil }) else { return nil }
        return plan.learning.first { lessons($0).count < plan.demonstrations }.map { .teach($0) }
    }

    private func learning() -> Work? {
        for condition in plan.conditions {
            for order in plan.orders(of: condition) {
                for number in 0...plan.stages(of: condition, order) where stage(condition, order, number) == nil {
                    let before = number == 0 ? [] : stage(condition, order, number - 1)?.skills ?? []
                    let tiers = order.tiers.prefix(number)
                    let seen = tiers.flatMap { tier in plan.learning.filter { $0.tier == tier } }
                    return .learn(condition, order, stage: number, from: before, lessons: seen)
                }
            }
        }
        return nil
    }

    private func measuring() -> Work? {
        for agent in plan.agents.indices {
            for arm in arms {
                let key = LibraryStage.key(of: arm.library)
                let missing = arm.instances.filter { trials($0, agent: agent, library: key).count < plan.attempts }
                guard missing.isEmpty else {
                    let room = max(1, Self.most / plan.attempts)
                    return .measure(agent: agent, library: arm.library, Array(missing.prefix(room)))
                }
            }
        }
        return nil
    }

    /// Trials that are done and those that the plan needs, as far as libraries are known.
    package var progress: (done: Int, total: Int) {
        var wanted: Set<TrialKey> = []
        for agent in plan.agents.indices {
            for arm in arms {
                let key = LibraryStage.key(of: arm.library)
                for instance in arm.instances {
                    wanted.insert(TrialKey(library: key, agent: agent, instance: instance))
                }
            }
        }
        let done = wanted.reduce(0) { $0 + min(plan.attempts, trials[$1]?.count ?? 0) }
        return (done, wanted.count * plan.attempts)
    }
}
