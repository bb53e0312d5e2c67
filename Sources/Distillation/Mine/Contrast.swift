import Glibc

/// Which features tell success from failure, and the family from other work (step 3).
struct Contrast: Sendable {
    /// A feature that is worth a place in a skill.
    struct Kept: Sendable, Hashable {
        let feature: String
        /// Passing runs that have it.
        let support: Int
        let successes: Int
        /// It also tells passing runs from failing runs of the same tasks.
        let isDecisive: Bool
    }

    /// Of passing runs that must have a feature.
    static let leastShare = 0.6
    /// Log-odds that must be exceeded.
    static let leastOdds = 1.0
    /// Runs from which on the features are tested against chance.
    static let testedFrom = 6
    /// Of false discoveries.
    static let falseDiscoveries = 0.10

    /// Sorted by feature.
    let kept: [Kept]

    /// - Parameters:
    ///   - runs: of the family
    ///   - background: runs of other families
    init(runs: [MinedRun], background: [MinedRun], minimumSupport: Int) {
        let successes = runs.filter(\.succeeded)
        let solved = Set(successes.map(\.task))
        let failures = runs.filter { !$0.succeeded && solved.contains($0.task) }
        let contested = Set(failures.map(\.task))
        let rivals = successes.filter { contested.contains($0.task) }
        let successSets = successes.map(\.features)
        let common = Self.counts(successSets)
        let least = Self.leastSupport(of: successes.count, minimum: minimumSupport)
        let candidates = common.filter { $0.value >= least }.keys.sorted()

        let family = Self.passing(candidates, successSets, background.map(\.features))
        let decisive =
            failures.isEmpty
            ? Set<String>() : Self.passing(candidates, rivals.map(\.features), failures.map(\.features))
        kept = candidates.filter { family.contains($0) || decisive.contains($0) }.map {
            Kept(
                feature: $0,
                support: common[$0] ?? 0,
                successes: successes.count,
                isDecisive: decisive.contains($0)
            )
        }
    }

    /// The passing runs that a feature or a step needs among `successes`.
    static func leastSupport(of successes: Int, minimum: Int) -> Int {
        max(minimum, Int((leastShare * Double(successes)).rounded(.up)))
    }

    /// `ln((s+½)/(S−s+½)) − ln((b+½)/(B−b+½))`
    static func logOdds(hits: Int, successes: Int, otherHits: Int, others: Int) -> Double {
        func odds(_ hits: Int, _ all: Int) -> Double { log((Double(hits) + 0.5) / (Double(all - hits) + 0.5)) }
        return odds(hits, successes) - odds(otherHits, others)
    }

    /// The candidates with enough odds, and, where there are two sides and enough runs, more than chance gives.
    private static func passing(_ candidates: [String], _ with: [Set<String>], _ against: [Set<String>]) -> Set<String>
    {
        let hits = counts(with)
        let otherHits = counts(against)
        var isFound = candidates.map { _ in true }
        if !against.isEmpty && with.count + against.count >= testedFrom {
            let pValues = candidates.map {
                FisherExact.pValue(
                    hits: hits[$0] ?? 0,
                    successes: with.count,
                    otherHits: otherHits[$0] ?? 0,
                    others: against.count
                )
            }
            isFound = BenjaminiHochberg.discoveries(pValues, rate: falseDiscoveries)
        }
        let passing = zip(candidates, isFound).filter { feature, isFound in
            isFound
                && logOdds(
                    hits: hits[feature] ?? 0,
                    successes: with.count,
                    otherHits: otherHits[feature] ?? 0,
                    others: against.count
                ) > leastOdds
        }
        return Set(passing.map(\.0))
    }

    private static func counts(_ sets: [Set<String>]) -> [String: Int] {
        sets.reduce(into: [:]) { counts, features in for feature in features { counts[feature, default: 0] += 1 } }
    }
}
