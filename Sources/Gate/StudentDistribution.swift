import Glibc

/// Student's t distribution with a whole number of degrees of freedom.
enum StudentDistribution {
    /// The chance of a value above `t`; Abramowitz and Stegun 26.7.3 and 26.7.4, which are exact.
    static func upperTail(_ t: Double, freedom: Int) -> Double {
        precondition(freedom >= 1, "two values are the least that vary")
        if t < 0 { return 1 - upperTail(-t, freedom: freedom) }
        let angle = atan(t / Double(freedom).squareRoot())
        let cosine = cos(angle)
        let within: Double
        if freedom % 2 == 1 {
            let series = sum(first: cosine, cosine: cosine, from: 2, through: freedom - 3)
            within = 2 / Double.pi * (angle + (freedom > 1 ? sin(angle) * series : 0))
        } else {
            within = sin(angle) * sum(first: 1, cosine: cosine, from: 1, through: freedom - 3)
        }
        return max(0, (1 - within) / 2)
    }

    /// `first + first·(n/(n+1))·cos² + …`, with n going up by two.
    private static func sum(first: Double, cosine: Double, from start: Int, through end: Int) -> Double {
        var term = first
        var total = first
        for n in stride(from: start, through: max(end, start - 2), by: 2) where n <= end {
            term *= Double(n) / Double(n + 1) * cosine * cosine
            total += term
        }
        return total
    }

    /// The value that is exceeded with the chance `tail`.
    static func quantile(upperTail tail: Double, freedom: Int) -> Double {
        if tail > 0.5 { return -quantile(upperTail: 1 - tail, freedom: freedom) }
        var high = 1.0
        while upperTail(high, freedom: freedom) > tail, high < 1e12 { high *= 2 }
        var low = 0.0
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if upperTail(middle, freedom: freedom) > tail { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
