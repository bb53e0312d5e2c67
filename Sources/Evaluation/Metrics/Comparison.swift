import Gate

/// Two libraries on the same tasks, pairs of which are compared.
package struct Comparison: Codable, Sendable, Hashable {
    package var tasks: Int
    /// Trials of a task on the side that has fewer of them.
    package var attempts: Int
    /// Tasks that passed in most trials without, and in most trials with it.
    package var passedBefore: Int
    package var passedAfter: Int
    /// Tasks that failed without and passed with it, and the reverse.
    package var repairs: Int
    package var regressions: Int
    /// The mean difference of pass rates, with its 95 % interval (Student's t) where there are two tasks.
    package var lift: Double
    package var low: Double?
    package var high: Double?
    /// One-sided sign-flip test of "it helps", and of "it harms".
    package var helps: Double
    package var harms: Double
    /// The least p that as many tasks can reach.
    package var leastP: Double

    /// nil without tasks that have verdicts on both sides.
    package init?(_ pairs: [(task: String, with: [MeasuredTrial], without: [MeasuredTrial])]) {
        let outcomes = pairs.compactMap { pair in
            PairedOutcome(
                task: pair.task,
                with: pair.with.compactMap(\.passed),
                without: pair.without.compactMap(\.passed)
            )
        }
        guard !outcomes.isEmpty else { return nil }
        let reversed = outcomes.compactMap { PairedOutcome(task: $0.task, with: $0.without, without: $0.with) }
        let differences = PairedDifferences(outcomes)
        let interval = MeanInterval(differences)
        func passes(_ rewards: [Double]) -> Bool { 2 * rewards.count { $0 >= 1 } > rewards.count }
        tasks = outcomes.count
        attempts = differences.replays
        passedBefore = outcomes.count { passes($0.without) }
        passedAfter = outcomes.count { passes($0.with) }
        repairs = differences.repairs
        regressions = differences.regressions
        lift = differences.mean
        (low, high) = (interval?.low, interval?.high)
        helps = SignFlipTest(differences).pValue
        harms = SignFlipTest(PairedDifferences(reversed)).pValue
        leastP = Self.least(outcomes.count)
    }

    /// Half to the power of n: one assignment of signs of all that there are.
    package static func least(_ tasks: Int) -> Double {
        (0..<min(tasks, 1000)).reduce(1.0) { chance, _ in chance / 2 }
    }

    /// P(pass after | fail before); nil where nothing failed.
    package var recovery: Double? { share(repairs, of: tasks - passedBefore) }
    /// P(fail after | pass before); nil where nothing passed.
    package var regression: Double? { share(regressions, of: passedBefore) }

    private func share(_ part: Int, of whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}
