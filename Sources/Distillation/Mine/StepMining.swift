/// What passing runs did alike: the same statement in enough of them (steps 3 and 4).
struct MinedStep: Sendable {
    /// Equal statements have it.
    let shape: String
    /// One for each run that has it, sorted by run: the last time, which is the one that worked.
    let instances: [StatementTemplate.Instance]
    /// Tells passing runs from failing runs of the same tasks.
    let isDecisive: Bool
    /// Middle of its places in the runs.
    let medianPosition: Double

    var runs: [String] { instances.map(\.run) }
    var evidence: [String] { instances.map(\.reference) }
}

enum StepMining {
    /// Steps that a skill can have; more is a script, not a skill.
    static let maximumSteps = 20

    /// The statements that enough passing runs share, and that have a kept feature or a shape of `needed`; sorted by shape.
    ///
    /// What everybody does everywhere is no part of the method, unless a run fails without it.
    static func steps(
        in runs: [MinedRun],
        contrast: Contrast,
        minimumSupport: Int,
        needed: Set<String> = []
    ) -> [MinedStep] {
        let successes = runs.filter(\.succeeded)
        let kept = Dictionary(contrast.kept.map { ($0.feature, $0) }) { first, _ in first }
        var instances: [String: [StatementTemplate.Instance]] = [:]
        for run in successes {
            var last: [String: StatementTemplate.Instance] = [:]
            for action in run.actions where !action.failed {
                for (index, statement) in action.statements.enumerated() where statement.isEffectful {
                    // Room for the statements of an action between two actions.
                    let position = action.position * 1_000 + min(index, 999)
                    last[statement.shape] = .init(
                        run: run.id,
                        position: position,
                        reference: action.reference,
                        statement: statement
                    )
                }
            }
            for (shape, instance) in last { instances[shape, default: []].append(instance) }
        }
        let least = Contrast.leastSupport(of: successes.count, minimum: minimumSupport)
        let steps = instances.filter { $0.value.count >= least }.compactMap { shape, found -> MinedStep? in
            // Equal in kind is not enough: a step must be the same text but for its values.
            let found = TemplateMaker.agreeing(found.sorted { $0.run < $1.run })
            let features = found.flatMap(\.statement.features).compactMap { kept[$0] }
            guard !features.isEmpty || needed.contains(shape), found.count >= minimumSupport else { return nil }
            let positions = found.map(\.position).sorted()
            return MinedStep(
                shape: shape,
                instances: found,
                isDecisive: features.contains(where: \.isDecisive),
                medianPosition: Double(positions[(positions.count - 1) / 2] + positions[positions.count / 2]) / 2
            )
        }
        let best = steps.sorted { left, right in
            (left.isDecisive ? 0 : 1, -left.instances.count, left.shape)
                < (right.isDecisive ? 0 : 1, -right.instances.count, right.shape)
        }
        return best.prefix(maximumSteps).sorted { $0.shape < $1.shape }
    }

    /// Kept features that neither step nor probe shows: what passing runs did in differing words, most frequent first.
    ///
    /// What only looks is left out: everybody lists folders.
    static func hints(
        _ contrast: Contrast,
        runs: [MinedRun],
        steps: [MinedStep],
        probes: [[StatementTemplate.Instance]]
    ) -> [Contrast.Kept] {
        let instances = steps.flatMap(\.instances) + probes.flatMap { $0 }
        let shown = Set(instances.flatMap(\.statement.features))
        let actions = runs.filter(\.succeeded).flatMap(\.actions).filter { !$0.failed }
        let worked = Set(actions.flatMap(\.statements).filter(\.isEffectful).flatMap(\.features))
            .union(actions.filter(\.isEffectful).filter(\.statements.isEmpty).flatMap(\.features))
        return contrast.kept.filter { !shown.contains($0.feature) && worked.contains($0.feature) }.sorted {
            ($0.isDecisive ? 0 : 1, -$0.support, $0.feature) < ($1.isDecisive ? 0 : 1, -$1.support, $1.feature)
        }
    }
}
