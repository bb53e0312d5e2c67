import Glibc

/// Whether a change that should cost nothing (a shorter text) costs less than a margin; it is no claim of a gain.
package struct NonInferiority: Sendable, Hashable {
    /// The mean may be this much lower: 3 points of a hundred.
    package static let margin = 0.03
    /// What all looks at a version may err with.
    package static let alpha = 0.05
    /// What has to be saved in return.
    package static let leastSaving = 0.10

    /// The lower end of the interval that errs on this side with `alpha`; nil for fewer than two tasks.
    ///
    /// It is never above minus the largest share of tasks that may be worse with none of them among so many: an interval of tasks
    /// that hardly differ has no width. At 5 %, 99 tasks show less than 3 points, at 2.5 % 122.
    package let lowerBound: Double?
    /// The share of tokens saved.
    package let saving: Double
    /// Whether the lower bound is above the margin.
    package let isNoWorse: Bool

    package init(_ differences: PairedDifferences, alpha: Double, tokensBefore: Int, tokensAfter: Int) {
        let low = MeanInterval(differences, level: 1 - 2 * alpha)?.low
        lowerBound = low.map { min($0, pow(alpha, 1 / Double(differences.count)) - 1) }
        saving = tokensBefore > 0 ? Double(tokensBefore - tokensAfter) / Double(tokensBefore) : 0
        isNoWorse = lowerBound.map { $0 > -Self.margin } ?? false
    }
}

/// How many tasks it takes to tell a change that costs nothing from one that costs the margin.
package struct NonInferiorityAdvice: Sendable, Hashable, CustomStringConvertible {
    /// Tasks at hand.
    package let tasks: Int
    /// Runs of each task on either side.
    package let replays: Int
    /// Tasks that show it with the power asked for.
    package let needed: Int

    /// Nil unless there is a replay, and both chances are between 0 and 1.
    package init?(tasks: Int, replays: Int, alpha: Double, power: Double = 0.8) {
        guard tasks >= 0, replays >= 1, alpha > 0, alpha < 1, power > 0, power < 1 else { return nil }
        self.tasks = tasks
        self.replays = replays
        let byChance = SampleSizeAdvice.needed(
            gain: NonInferiority.margin,
            replays: replays,
            alpha: alpha,
            power: power
        )
        needed = max(byChance, Int((log(alpha) / log(1 - NonInferiority.margin)).rounded(.up)))
    }

    package var suffices: Bool { tasks >= needed }

    package var description: String {
        "no gain is claimed: needs \(needed) tasks x \(replays) to show that less than "
            + "\(Int((NonInferiority.margin * 100).rounded())) points are lost; you have \(tasks)"
    }
}
