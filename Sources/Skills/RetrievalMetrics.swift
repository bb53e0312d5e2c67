import Glibc

/// How good a ranking of skills is for one query whose right answers are known.
///
/// All figures lie between 0 and 1; a query without right answers has none, and is left out of means.
package struct RetrievalJudgement: Sendable, Hashable {
    /// For each place of the ranking, whether it is a right answer.
    private let isRight: [Bool]
    private let answers: Int

    /// nil where nothing is right. A skill that is ranked twice counts at its first place.
    package init?(ranking: [String], right: Set<String>) {
        guard !right.isEmpty else { return nil }
        var seen: Set<String> = []
        isRight = ranking.filter { seen.insert($0).inserted }.map(right.contains)
        answers = right.count
    }

    /// Hit@k: 1 when a right answer is among the first `k`.
    package func hit(at k: Int) -> Double {
        isRight.prefix(max(0, k)).contains(true) ? 1 : 0
    }

    /// MRR@k: 1 / the place of the first right answer, 0 behind `k`.
    package func reciprocalRank(at k: Int = 10) -> Double {
        guard let place = isRight.prefix(max(0, k)).firstIndex(of: true) else { return 0 }
        return 1 / Double(place + 1)
    }

    /// R@k: how many of the right answers are among the first `k`.
    package func recall(at k: Int) -> Double {
        Double(rightOnes(k)) / Double(answers)
    }

    /// P@k: how many of the first `k` places are right.
    package func precision(at k: Int) -> Double {
        k > 0 ? Double(rightOnes(k)) / Double(k) : 0
    }

    /// FullCoverage@k: 1 when all right answers are among the first `k`.
    package func fullCoverage(at k: Int) -> Double {
        rightOnes(k) == answers ? 1 : 0
    }

    /// nDCG@k with gains of 0 and 1 and the discount log2(place + 1).
    package func nDCG(at k: Int) -> Double {
        guard k > 0 else { return 0 }
        let gain = isRight.prefix(k).enumerated().reduce(0.0) { $1.element ? $0 + Self.discounted($1.offset) : $0 }
        let ideal = (0..<min(k, answers)).reduce(0.0) { $0 + Self.discounted($1) }
        return gain / ideal
    }

    private func rightOnes(_ k: Int) -> Int {
        isRight.prefix(max(0, k)).count { $0 }
    }

    /// The gain of a right answer at a place that counts from 0.
    private static func discounted(_ place: Int) -> Double { 1 / log2(Double(place) + 2) }
}
