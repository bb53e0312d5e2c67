import Glibc

/// The exact one-sided McNemar test for one pass-or-fail run on either side.
package struct McNemarTest: Sendable, Hashable {
    package let repairs: Int
    package let regressions: Int
    /// The chance of at least this many repairs among the pairs that differ, were each as likely as a regression.
    package let pValue: Double

    package init(repairs: Int, regressions: Int) {
        precondition(repairs >= 0 && regressions >= 0, "counts are not negative")
        self.repairs = repairs
        self.regressions = regressions
        pValue = Self.upperTail(of: repairs, among: repairs + regressions)
    }

    /// The chance of `successes` or more heads in `trials` throws.
    private static func upperTail(of successes: Int, among trials: Int) -> Double {
        if successes == 0 { return 1 }
        // From logarithms: 2 to the power of -1,100 is no Double.
        var logChance = -Double(trials) * log(2.0)
        var tail = 0.0
        for heads in stride(from: trials, through: successes, by: -1) {
            tail += exp(logChance)
            // C(n, k - 1) = C(n, k) * k / (n - k + 1)
            logChance += log(Double(heads)) - log(Double(trials - heads + 1))
        }
        return min(1, tail)
    }
}
