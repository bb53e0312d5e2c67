import Glibc

/// Fisher's exact test, one-sided: are successes likelier to have a feature than others are?
enum FisherExact {
    /// The chance of at least `hits` of `successes` when the feature is spread at random over all.
    static func pValue(hits: Int, successes: Int, otherHits: Int, others: Int) -> Double {
        let total = successes + others
        let marked = hits + otherHits
        let logarithms = logFactorials(upTo: total)
        func logChoose(_ n: Int, _ k: Int) -> Double { logarithms[n] - logarithms[k] - logarithms[n - k] }
        let all = logChoose(total, marked)
        var tail = 0.0
        for count in hits...max(hits, min(successes, marked)) where marked - count <= others && marked >= count {
            tail += exp(logChoose(successes, count) + logChoose(others, marked - count) - all)
        }
        return min(1, tail)
    }

    private static func logFactorials(upTo limit: Int) -> [Double] {
        var sums = [0.0]
        for number in 1...max(1, limit) { sums.append(sums[number - 1] + log(Double(number))) }
        return sums
    }
}

/// Keeps the share of false discoveries down where many features are tried at once.
enum BenjaminiHochberg {
    /// Whether each of `pValues` is a discovery when a share of `rate` of them may be false.
    static func discoveries(_ pValues: [Double], rate: Double) -> [Bool] {
        let sorted = pValues.sorted()
        var bound = -1.0
        for (rank, value) in sorted.enumerated() where value <= rate * Double(rank + 1) / Double(sorted.count) {
            bound = value
        }
        return pValues.map { $0 <= bound }
    }
}
