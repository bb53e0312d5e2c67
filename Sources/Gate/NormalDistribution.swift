import Glibc

/// The standard normal distribution.
enum NormalDistribution {
    /// The chance of a value above `z`.
    static func upperTail(_ z: Double) -> Double { erfc(z / 2.0.squareRoot()) / 2 }

    /// The value that is exceeded with the chance `tail`, from 0 to 1 exclusively.
    static func quantile(upperTail tail: Double) -> Double {
        // The tail falls steadily, so that halving finds it; 80 halvings exhaust a Double.
        var low = -40.0
        var high = 40.0
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if upperTail(middle) > tail { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
