import Wire

extension EvaluationReport.AgentPart {
    init(_ state: EvaluationState, _ agent: Int) {
        self.init(state.plan.agents[agent].displayName)
        switch state.plan.kind {
        case .skillevolbench: addLibraries(state, agent)
        case .after: addRegimes(state, agent)
        }
    }

    // MARK: SkillEvolBench

    private mutating func addLibraries(_ state: EvaluationState, _ agent: Int) {
        let plan = state.plan
        for condition in plan.conditions {
            addRates(state, condition, agent)
            if condition != .noSkill { addComparisons(state, condition, agent) }
            let frozen = plan.heldOut.filter { $0.part == .frozen }
            func trials(_ tier: Tier) -> [MeasuredTrial] {
                frozen.filter { $0.tier == tier }
                    .flatMap { state.trials($0, condition, plan.orders(of: condition), agent) }
            }
            let counts = OutcomeProcess(trials(.t5))
            let resistance = counts.resistance.map { Measured.value($0) }
            traps.append(
                .init(
                    condition: condition,
                    counts: counts,
                    resistance: resistance ?? .absent("no verdict tells outcome from process")
                )
            )
            compositions.append(Self.composed(state, condition, trials(.t6)))
            health += Self.health(state, condition, agent)
            if let made = state.revisions(of: condition, agent: agent) { revisions.append(made) }
            if let moved = state.transfer(of: condition, agent: agent) { transfer.append(moved) }
        }
    }

    private mutating func addRates(_ state: EvaluationState, _ condition: Condition, _ agent: Int) {
        let all = state.plan.learning + state.plan.heldOut
        let unseen = state.plan.heldOut
        let orders = state.plan.orders(of: condition)
        func add(_ instances: [Instance], role: String? = nil, tier: Tier? = nil, part: Instance.Part? = nil) {
            let trials = instances.map { state.trials($0, condition, orders, agent) }
            rates.append(
                .init(condition: condition, role: role, tier: tier, part: part, order: nil, rate: Self.rate(trials))
            )
        }
        for part in Instance.Part.allCases { add(all.filter { $0.part == part }, part: part) }
        add(unseen)
        for role in state.plan.roles { add(unseen.filter { $0.role == role }, role: role) }
        for tier in Tier.allCases { add(unseen.filter { $0.tier == tier }, tier: tier) }
        for role in state.plan.roles {
            for tier in Tier.allCases {
                add(unseen.filter { $0.role == role && $0.tier == tier }, role: role, tier: tier)
            }
        }
        for order in orders {
            let trials = unseen.map { state.trials($0, condition, [order], agent) }
            rates.append(
                .init(condition: condition, role: nil, tier: nil, part: nil, order: order, rate: Self.rate(trials))
            )
        }
    }

    private static func rate(_ trials: [[MeasuredTrial]]) -> Measured<Rate> {
        Rate(trials).map { .value($0) } ?? .absent("no trial has a verdict")
    }

    private mutating func addComparisons(_ state: EvaluationState, _ condition: Condition, _ agent: Int) {
        let plan = state.plan
        let controls = [Condition.noSkill, .rawTrajectories].filter { $0 != condition && plan.conditions.contains($0) }
        for control in controls {
            for part in Instance.Part.allCases {
                let tasks = (plan.learning + plan.heldOut).filter { $0.part == part }
                for family in [nil] + plan.families.map({ Optional($0.name) }) {
                    let pairs = tasks.filter { family == nil || $0.family == family }.map { task in
                        (
                            task: task.path, with: state.trials(task, condition, plan.orders(of: condition), agent),
                            without: state.trials(task, control, plan.orders(of: control), agent)
                        )
                    }
                    let comparison = Comparison(pairs).map { Measured.value($0) }
                    comparisons.append(
                        .init(
                            condition: condition,
                            against: control,
                            part: part,
                            family: family,
                            comparison: comparison ?? .absent("no task has verdicts on both sides")
                        )
                    )
                }
            }
        }
    }

    private static func health(_ state: EvaluationState, _ condition: Condition, _ agent: Int) -> [LibraryHealth] {
        let plan = state.plan
        guard condition != .noSkill else { return [] }
        return plan.orders(of: condition).flatMap { order in
            let stages = (0...plan.stages(of: condition, order)).compactMap { state.stage(condition, order, $0) }
            return stages.indices.map { index in
                let stage = stages[index]
                let tasks = plan.learning + (index == stages.count - 1 ? plan.heldOut : [])
                return LibraryHealth(
                    stage,
                    history: Array(stages[...index]),
                    families: plan.families.count,
                    uses: tasks.flatMap { state.trials($0, agent: agent, library: stage.key) }
                )
            }
        }
    }

    private static func composed(_ state: EvaluationState, _ condition: Condition, _ trials: [MeasuredTrial])
        -> Compositions
    {
        var result = Compositions(condition: condition)
        let finals = state.plan.orders(of: condition).compactMap { state.final(condition, $0) }
        for trial in trials {
            guard let passed = trial.passed else { continue }
            let own = finals.flatMap(\.skills).filter { $0.family == trial.instance.family }.map(\.skill.name)
            if passed >= 1 {
                result.passed += 1
            } else if trial.opened.isEmpty {
                result.failedUnread += 1
            } else if trial.opened.contains(where: own.contains) {
                result.failedWithOwn += 1
            } else {
                result.failedWithOthers += 1
            }
        }
        return result
    }

    // MARK: AFTER

    private mutating func addRegimes(_ state: EvaluationState, _ agent: Int) {
        let plan = state.plan
        for arm in state.arms {
            guard let source = arm.source, let home = plan.families.first(where: { $0.name == source }) else {
                continue
            }
            var byRegime: [Regime: [(task: String, with: [MeasuredTrial], without: [MeasuredTrial])]] = [:]
            func add(_ target: EvaluationPlan.Family, _ regime: Regime, _ instances: [Instance]) {
                let pairs = state.pairs(instances, arm.key, agent)
                byRegime[regime, default: []] += pairs
                matrix.append(
                    .init(
                        condition: arm.condition,
                        source: source,
                        target: target.name,
                        regime: regime,
                        comparison: Comparison(pairs).map { .value($0) } ?? .absent("no verdicts on both sides")
                    )
                )
            }
            add(home, .local, plan.learning.filter { $0.family == source })
            for target in plan.families {
                let unseen = plan.heldOut.filter { $0.family == target.name }
                add(target, target.role == home.role ? .crossTask : .crossRole, unseen)
            }
            let gains = byRegime.compactMapValues { Comparison($0)?.lift }
            let elsewhere = Comparison((byRegime[.crossTask] ?? []) + (byRegime[.crossRole] ?? []))
            scores.append(
                .init(
                    condition: arm.condition,
                    source: source,
                    gains: gains,
                    specificity: gains[.local].map { .value($0) } ?? .absent("no verdicts where it was learnt"),
                    generality: (elsewhere?.lift).map { .value($0) } ?? .absent("no verdicts elsewhere")
                )
            )
        }
    }
}

extension EvaluationPlan {
    /// In the order of the families.
    package var roles: [String] {
        families.reduce(into: []) { roles, family in
            if !roles.contains(family.role) { roles.append(family.role) }
        }
    }
}
