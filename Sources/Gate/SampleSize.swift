import Glibc

/// How many tasks a comparison needs, said before it is run.
package struct SampleSizeAdvice: Sendable, Hashable, CustomStringConvertible {
    /// Tasks at hand.
    package let tasks: Int
    /// Runs of each task on either side.
    package let replays: Int
    /// The true gain that is to be found, as a share: 0.07 are 7 points.
    package let gain: Double
    /// Tasks that find it with the power asked for.
    package let needed: Int

    /// Nil unless gain is above 0 and at most 1, both chances are between 0 and 1 and there is a replay.
    package init?(tasks: Int, replays: Int, gain: Double, alpha: Double = 0.05, power: Double = 0.8) {
        let chances = alpha > 0 && alpha < 1 && power > 0 && power < 1
        guard tasks >= 0, replays >= 1, gain > 0, gain <= 1, chances else { return nil }
        self.tasks = tasks
        self.replays = replays
        self.gain = gain
        needed = Self.needed(gain: gain, replays: replays, alpha: alpha, power: power)
    }

    package var suffices: Bool { tasks >= needed }

    package var description: String {
        let points = (gain * 1000).rounded() / 10
        let said = points == points.rounded() ? "\(Int(points))" : "\(points)"
        let need = "needs \(needed) tasks x \(replays) for +\(said) points; you have \(tasks)"
        return suffices ? need : need + ": staged as canary"
    }

    /// `((z_α + z_β) · σ / gain)²`, rounded up.
    static func needed(gain: Double, replays: Int, alpha: Double, power: Double) -> Int {
        let z =
            NormalDistribution.quantile(upperTail: alpha) + NormalDistribution.quantile(upperTail: 1 - power)
        let root = z * deviation(replays: replays) / gain
        return Int((root * root).rounded(.up))
    }

    /// The spread of a task's difference that recorded runs show with one, two and four replays.
    private static let measured: [(replays: Int, deviation: Double)] = [(1, 0.50), (2, 0.3727), (4, 0.27866)]

    /// Between the measured points along a straight line of logarithms, and the same line beyond them.
    static func deviation(replays: Int) -> Double {
        if let exact = measured.first(where: { $0.replays == replays }) { return exact.deviation }
        let (left, right) = replays < 2 ? (measured[0], measured[1]) : (measured[1], measured[2])
        let slope = log(right.deviation / left.deviation) / log(Double(right.replays) / Double(left.replays))
        return left.deviation * exp(slope * log(Double(replays) / Double(left.replays)))
    }
}
