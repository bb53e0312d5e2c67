/// An interval for the mean difference over tasks, from Student's t distribution.
package struct MeanInterval: Sendable, Hashable {
    package let low: Double
    package let high: Double
    /// The chance that intervals made like this one contain the true mean.
    package let level: Double

    /// Nil for fewer than two tasks, which say nothing about the spread.
    package init?(_ differences: PairedDifferences, level: Double = 0.95) {
        guard let deviation = differences.standardDeviation, level > 0, level < 1 else { return nil }
        let count = Double(differences.count)
        let quantile = StudentDistribution.quantile(upperTail: (1 - level) / 2, freedom: differences.count - 1)
        let reach = quantile * deviation / count.squareRoot()
        low = differences.mean - reach
        high = differences.mean + reach
        self.level = level
    }
}

/// Whether a change that should cost nothing (a shorter text) costs less than a margin.
package struct NonInferiority: Sendable, Hashable {
    /// The mean may be this much lower: 3 points of a hundred.
    package static let margin = 0.03
    /// What has to be saved in return.
    package static let leastSaving = 0.10

    /// The lower end of the two-sided 90 % interval; nil for fewer than two tasks.
    package let lowerBound: Double?
    /// The share of tokens saved.
    package let saving: Double
    package let holds: Bool

    package init(_ differences: PairedDifferences, tokensBefore: Int, tokensAfter: Int) {
        lowerBound = MeanInterval(differences, level: 0.90)?.low
        saving = tokensBefore > 0 ? 1 - Double(tokensAfter) / Double(tokensBefore) : 0
        holds = (lowerBound.map { $0 > -Self.margin } ?? false) && saving >= Self.leastSaving
    }
}
