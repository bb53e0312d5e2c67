import Glibc

/// Whether a change that should cost nothing (a shorter text) costs less than a margin; it is no claim of a gain.
package struct NonInferiority: Sendable, Hashable {
    /// The mean may be this much lower: 3 points of a hundred.
    package static let margin = 0.03
    /// What has to be saved in return.
    package static let leastSaving = 0.10

    /// The lower end of the two-sided 90 % interval; nil for fewer than two tasks.
    ///
    /// Where all tasks came out alike the interval has no width. Then it is minus the largest share of tasks that may be worse
    /// with none of them among so many (5 %): 99 tasks show less than 3 points.
    package let lowerBound: Double?
    /// The share of tokens saved.
    package let saving: Double
    /// Whether the lower bound is above the margin.
    package let isNoWorse: Bool
    package var holds: Bool { isNoWorse && saving >= Self.leastSaving }

    package init(_ differences: PairedDifferences, tokensBefore: Int, tokensAfter: Int) {
        let low = MeanInterval(differences, level: 0.90)?.low
        lowerBound =
            differences.standardDeviation == 0
            ? low.map { min($0, pow(0.05, 1 / Double(differences.count)) - 1) } : low
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

    /// Nil unless there is a replay and the power is between 0 and 1.
    package init?(tasks: Int, replays: Int, power: Double = 0.8) {
        guard tasks >= 0, replays >= 1, power > 0, power < 1 else { return nil }
        self.tasks = tasks
        self.replays = replays
        // One end of the 90 % interval is a test at 5 %.
        needed = SampleSizeAdvice.needed(gain: NonInferiority.margin, replays: replays, alpha: 0.05, power: power)
    }

    package var suffices: Bool { tasks >= needed }

    package var description: String {
        "no gain is claimed: needs \(needed) tasks x \(replays) to show that less than "
            + "\(Int((NonInferiority.margin * 100).rounded())) points are lost; you have \(tasks)"
    }
}
