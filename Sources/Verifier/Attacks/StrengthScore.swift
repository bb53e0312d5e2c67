import Statistics
package import Wire

/// What the outcomes of attacks say of a verifier.
package struct StrengthScore: Sendable, Hashable {
    package let strength: Double
    package let low: Double
    package let high: Double
    package let meanReward: Double
    package let kinds: [TaskStrength.Tally]
    /// With the reason why some are not counted.
    package let attacks: [TaskStrength.Outcome]

    /// nil when no attack has a verdict.
    ///
    /// `unnamed` are files that the instruction does not tell of. One of them that may be missing and may be cut is not
    /// part of the answer: what is done to it says nothing of the verifier.
    package init?(_ outcomes: [TaskStrength.Outcome], unnamed: Set<String>) {
        let cuts = Dictionary(
            grouping: outcomes.filter { $0.attack.kind == .truncatedOracle },
            by: { $0.attack.file ?? "" }
        )
        let incidental = unnamed.filter { cuts[$0]?.allSatisfy(\.isAccepted) == true }
        attacks = outcomes.map { outcome in
            var outcome = outcome
            if outcome.verdict == nil || outcome.verdict == .unverifiable {
                outcome.uncounted = .noVerdict
            } else if let file = outcome.attack.file, incidental.contains(file) {
                outcome.uncounted = .incidentalFile
            }
            return outcome
        }
        let counted = attacks.filter { $0.uncounted == nil }
        guard !counted.isEmpty else { return nil }
        let rejected = counted.count { !$0.isAccepted }
        let isBlind = counted.contains { $0.attack.kind.knowsNothing && $0.isAccepted }
        strength = isBlind ? 0 : Double(rejected) / Double(counted.count)
        let interval = WilsonInterval(share: Double(rejected) / Double(counted.count), of: counted.count)
        (low, high) = (interval.low, interval.high)
        meanReward = Self.meanReward(counted)
        kinds = VerifierAttack.Kind.allCases.compactMap { kind in
            let own = counted.filter { $0.attack.kind == kind }
            return own.isEmpty
                ? nil
                : TaskStrength.Tally(
                    kind: kind,
                    attacks: own.count,
                    accepted: own.count(where: \.isAccepted),
                    meanReward: Self.meanReward(own)
                )
        }
    }

    private static func meanReward(_ outcomes: [TaskStrength.Outcome]) -> Double {
        outcomes.map { $0.reward ?? 0 }.reduce(0, +) / Double(outcomes.count)
    }
}
