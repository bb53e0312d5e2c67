import Gate
import Skills
import Tasks
import Wire

/// Stage 10: whether a version that helps on the whole does harm to a family or a role, in its scope or outside.
struct TransferStage: GateCheck {
    let stage = GateStage.transfer

    func finding(on subject: GateSubject) async throws -> GateFinding {
        var (pairs, digests, remark) = (subject.pairs, [String: String](), "")
        let elsewhere = subject.tasks.elsewhere.map(\.job)
        if let agent = subject.params.agent, !elsewhere.isEmpty {
            let ran = try await Replays(subject: subject, agent: agent)
                .run(elsewhere, attempts: subject.params.attempts, stage: stage)
            pairs += ran.pairs
            digests["job"] = ran.job
            remark = ran.remark
        }
        let outcomes = MatchedTrials.outcomes(pairs)
        let search = HarmSearch(outcomes, kinds: kinds(of: outcomes.map(\.task), subject.services))
        guard digests["job"] != nil || search.hasParts else {
            return .init(GateDecision(stage, .skipped, "no task of another family or role was named"))
        }
        func decided(_ reason: String, _ scope: SkillScope? = nil) -> GateFinding {
            .init(
                GateDecision(stage, .passed, reason + remark, figures: search.figures, digests: digests),
                scope: scope
            )
        }
        guard !search.harmed.isEmpty else { return decided("no harm was shown on \(outcomes.count) tasks") }
        var scope = subject.version.scope
        let (families, roles) = (search.harmed(.family), search.harmed(.role))
        scope.exclude.families = Set(scope.exclude.families + families).sorted()
        scope.exclude.roles = Set(scope.exclude.roles + roles).sorted()
        let names = search.harmed.map(\.description).joined(separator: ", ")
        return decided("it does harm to \(names): narrowed, not given there", scope)
    }

    /// A task that was removed since is of no known kind.
    private func kinds(of tasks: [String], _ services: TrialServices) -> [String: TrialKind] {
        var kinds: [String: TrialKind] = [:]
        for task in tasks { kinds[task] = (try? services.tasks.load(task)).map { TrialKind(of: $0.definition) } }
        return kinds
    }
}

/// Finds the families and roles that a version does harm to.
struct HarmSearch: Sendable {
    /// Tasks that a scope can leave out.
    struct Regime: Sendable, Hashable, Comparable, CustomStringConvertible {
        enum Dimension: String, Sendable { case family, role }
        let dimension: Dimension
        let name: String

        var description: String { "\(dimension.rawValue) \(name)" }

        func has(_ kind: TrialKind?) -> Bool { (dimension == .family ? kind?.family : kind?.role) == name }

        static func < (left: Regime, right: Regime) -> Bool { left.description < right.description }
    }

    /// The worst first.
    let harmed: [Regime]
    /// Of every family and role with two tasks or more.
    let figures: [String: Double]
    /// Whether one of them does not have all of the tasks.
    let hasParts: Bool

    /// `kinds` are those of the tasks, by digest.
    ///
    /// One after the other: what a harmed family does to the means of its roles is no role's fault, nor the other way round.
    init(_ outcomes: [PairedOutcome], kinds: [String: TrialKind]) {
        let families = kinds.values.compactMap(\.family).map { Regime(dimension: .family, name: $0) }
        let roles = kinds.values.compactMap(\.role).map { Regime(dimension: .role, name: $0) }
        let regimes = Set(families + roles).sorted()
        var (rest, harmed, figures) = (outcomes, [Regime](), [String: Double]())
        var hasParts = false
        for regime in regimes {
            let own = outcomes.filter { regime.has(kinds[$0.task]) }
            guard own.count > 1 else { continue }
            hasParts = hasParts || own.count < outcomes.count
            figures["difference \(regime)"] = PairedDifferences(own).mean
            figures["p_harm \(regime)"] = Self.harm(own)
        }
        func worst() -> Regime? {
            let chances = regimes.map { regime in
                (regime, Self.harm(rest.filter { regime.has(kinds[$0.task]) }))
            }
            return chances.filter { $0.1 <= Comparison.harmAlpha }.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
        }
        while let regime = worst() {
            harmed.append(regime)
            rest.removeAll { regime.has(kinds[$0.task]) }
        }
        (self.harmed, self.figures, self.hasParts) = (harmed, figures, hasParts)
    }

    func harmed(_ dimension: Regime.Dimension) -> [String] {
        harmed.filter { $0.dimension == dimension }.map(\.name)
    }

    /// The chance of so much harm if the version changes nothing.
    private static func harm(_ outcomes: [PairedOutcome]) -> Double {
        SignFlipTest(PairedDifferences(outcomes.compactMap(\.reversed))).pValue
    }
}
