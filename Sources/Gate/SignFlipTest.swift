/// The one-sided sign-flip test of superiority: under no effect each task's difference might as well be reversed.
package struct SignFlipTest: Sendable, Hashable {
    /// Sum over the root of the sum of squares; 0 when nothing differs.
    package let statistic: Double
    /// The chance of a sum at least this large if the candidate changes nothing.
    package let pValue: Double
    /// Whether every assignment of signs was counted, instead of the normal approximation.
    package let isExact: Bool

    /// Up to this many differences that are not 0, all assignments are counted.
    package static let exactLimit = 16

    package init(_ differences: PairedDifferences) {
        let changes = differences.values.filter { $0 != 0 }
        let sum = changes.reduce(0, +)
        let squares = changes.reduce(0) { $0 + $1 * $1 }
        statistic = squares > 0 ? sum / squares.squareRoot() : 0
        isExact = changes.count <= Self.exactLimit
        if changes.isEmpty {
            pValue = 1
        } else if isExact {
            pValue = Self.exactChance(of: sum, magnitudes: changes.map(abs))
        } else {
            pValue = NormalDistribution.upperTail(statistic)
        }
    }

    private static func exactChance(of sum: Double, magnitudes: [Double]) -> Double {
        let total = magnitudes.reduce(0, +)
        // Sums that are equal but for rounding count as equal, on the careful side.
        let tolerance = 1e-9 * total
        var extreme = 0
        var flipped = -total
        var signs = [Double](repeating: -1, count: magnitudes.count)
        // In the order of Gray's code, one sign changes at a time.
        for step in 1...(1 << magnitudes.count) {
            if flipped >= sum - tolerance { extreme += 1 }
            let changed = step.trailingZeroBitCount
            if changed < magnitudes.count {
                signs[changed] = -signs[changed]
                flipped += 2 * signs[changed] * magnitudes[changed]
            }
        }
        return Double(extreme) / Double(1 << magnitudes.count)
    }
}
