/// The score interval of a share at 95 %: good for few trials and for shares near 0 and 1.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212.
package struct WilsonInterval: Sendable, Hashable {
    package let low: Double
    package let high: Double

    /// The 0.975 quantile of the standard normal distribution.
    package static let quantile = 1.959_963_984_540_054

    /// `share` is from 0 to 1, of `count` trials, which are taken as independent.
    package init(share: Double, of count: Int) {
        precondition(count > 0, "a share is of something")
        let (n, z) = (Double(count), Self.quantile)
        let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        // At none and at all the ends are 0 and 1, which rounding misses by a hair.
        low = share == 0 ? 0 : max(0, centre - half)
        high = share == 1 ? 1 : min(1, centre + half)
    }
}
