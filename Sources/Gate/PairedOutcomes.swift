/// What one task's runs scored with a candidate and without it, in the same snapshot.
package struct PairedOutcome: Sendable, Hashable {
    package let task: String
    /// The rewards of the runs, from 0 to 1.
    package let with: [Double]
    package let without: [Double]

    /// Nil unless both sides have runs and all rewards are numbers from 0 to 1.
    package init?(task: String, with: [Double], without: [Double]) {
        guard !with.isEmpty, !without.isEmpty, (with + without).allSatisfy({ (0...1).contains($0) }) else { return nil }
        self.task = task
        self.with = with
        self.without = without
    }

    /// The mean with the candidate minus the mean without it.
    package var difference: Double { Self.mean(with) - Self.mean(without) }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}

/// The differences of a set of tasks: what every test below looks at.
package struct PairedDifferences: Sendable, Hashable {
    /// One for each task, in the order given.
    package let values: [Double]
    /// Runs a task on the side that has fewer of them; 0 without tasks.
    package let replays: Int
    /// Tasks that failed without the candidate and passed with it, by the majority of their runs.
    package let repairs: Int
    /// Tasks that passed without and failed with it.
    package let regressions: Int

    package init(_ outcomes: [PairedOutcome]) {
        values = outcomes.map(\.difference)
        replays = outcomes.map { min($0.with.count, $0.without.count) }.min() ?? 0
        repairs = outcomes.count { !Self.passes($0.without) && Self.passes($0.with) }
        regressions = outcomes.count { Self.passes($0.without) && !Self.passes($0.with) }
    }

    /// Full passes only: a verifier gives part of its reward to empty files.
    private static func passes(_ rewards: [Double]) -> Bool {
        2 * rewards.count { $0 >= 1 } > rewards.count
    }

    package var count: Int { values.count }

    package var mean: Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

    /// Of the sample, with n - 1; nil for fewer than two tasks.
    package var standardDeviation: Double? {
        guard values.count > 1 else { return nil }
        let mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }
}
