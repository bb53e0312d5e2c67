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
