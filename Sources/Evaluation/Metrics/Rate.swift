import Statistics

/// A figure, or why there is none: what cannot be computed is never 0.
package struct Measured<Value: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
    package var value: Value?
    package var absent: String?

    package static func value(_ value: Value) -> Self { Self(value: value, absent: nil) }
    package static func absent(_ reason: String) -> Self { Self(value: nil, absent: reason) }
}

/// A share of passes, each task counted once.
package struct Rate: Codable, Sendable, Hashable {
    /// The mean of the tasks' means.
    package var mean: Double
    /// Wilson's score interval at 95 %, as if each task were one trial; about tasks that were not run it says nothing.
    package var low: Double
    package var high: Double
    package var tasks: Int
    /// Trials with a verdict, and those without, which are in no mean.
    package var trials: Int
    package var unjudged: Int

    /// nil without a verdict.
    package init?(_ tasks: [[MeasuredTrial]]) {
        let judged = tasks.map { $0.compactMap(\.passed) }.filter { !$0.isEmpty }
        guard !judged.isEmpty else { return nil }
        let means = judged.map { $0.reduce(0, +) / Double($0.count) }
        self.tasks = means.count
        trials = judged.reduce(0) { $0 + $1.count }
        unjudged = tasks.reduce(0) { $0 + $1.count } - trials
        mean = means.reduce(0, +) / Double(means.count)
        let interval = WilsonInterval(share: mean, of: means.count)
        (low, high) = (interval.low, interval.high)
    }
}
