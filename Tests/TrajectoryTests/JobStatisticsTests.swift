import Testing
import Wire

@testable import Trajectory

/// Figures of jobs against values that were computed elsewhere (81 of 263 is an example of Newcombe, 1998).
struct JobStatisticsTests {
    private func isClose(_ left: Double?, _ right: Double) -> Bool {
        left.map { abs($0 - right) < 1e-9 } ?? false
    }

    private func result(_ task: Int, _ reward: Double?, exception: String? = nil, isEnded: Bool = true)
        -> JobTrialResult
    {
        JobTrialResult(
            task: task,
            isEnded: isEnded,
            outcome: reward.map { $0 >= 1 ? .passed : .failed },
            reward: reward,
            exception: exception
        )
    }

    @Test(
        "Wilson's interval",
        arguments: [
            (8, 10, 0.4901624715, 0.9433178485), (0, 10, 0, 0.2775327999), (10, 10, 0.7224672001, 1),
            (81, 263, 0.2552885199, 0.3662095770), (1, 1, 0.2065493143, 1),
        ]
    )
    func wilson(passed: Int, count: Int, low: Double, high: Double) {
        let interval = JobStatistics.Interval(wilson: passed, of: count)
        #expect(isClose(interval.low, low) && isClose(interval.high, high), "\(interval)")
        #expect(interval.method == .wilson)
    }

    @Test func otherRewardsAreClusteredByTask() throws {
        let interval = try #require(JobStatistics.Interval(clusters: [[0.5, 0.7], [0.1, 0.2, 0.3], [0.9]]))
        #expect(interval.method == .clusteredNormal)
        #expect(isClose(interval.low, 0.1479492642))
        #expect(abs(interval.low + interval.high - 0.9) < 1e-9, "it lies around the mean")
        // Attempts that say the same are no more evidence than one.
        let once = try #require(JobStatistics.Interval(clusteredNormal: [[0.2], [0.4], [0.9]]))
        let thrice = try #require(
            JobStatistics.Interval(clusteredNormal: [[0.2, 0.2, 0.2], [0.4, 0.4, 0.4], [0.9, 0.9, 0.9]])
        )
        #expect(isClose(thrice.low, once.low) && isClose(thrice.high, once.high))
        let single = try #require(JobStatistics.Interval(clusters: [[0.5, 0.7, 0.9]]))
        #expect(isClose(single.low, 0.5152128234))
    }

    @Test func tooFewRewardsHaveNoInterval() {
        #expect(JobStatistics.Interval(clusters: []) == nil)
        #expect(JobStatistics.Interval(clusters: [[0.5]]) == nil)
        #expect(JobStatistics.Interval(clusters: [[1]])?.method == .wilson)
    }

    @Test(
        "Chen et al. 2021",
        arguments: [
            (5, 2, 1, 0.4), (5, 2, 2, 0.7), (5, 2, 4, 1), (5, 0, 4, 0), (5, 5, 1, 1), (200, 10, 10, 0.4085478661),
        ]
    )
    func passAtK(attempts: Int, passed: Int, k: Int, chance: Double) {
        #expect(isClose(JobStatistics.PassAtK.chance(attempts: attempts, passed: passed, k: k), chance))
    }

    @Test func passAtKIsAMeanOverTasksWithEnoughAttempts() {
        let all = JobStatistics.PassAtK.all([(attempts: 5, passed: 2), (attempts: 1, passed: 0)])
        #expect(all.map(\.k) == [1, 2, 4])
        #expect(all.map(\.tasks) == [2, 1, 1])
        #expect(isClose(all[0].chance, 0.2) && isClose(all[1].chance, 0.7) && isClose(all[2].chance, 1))
        #expect(JobStatistics.PassAtK.all([]).isEmpty)
    }

    @Test func unverifiableAndErroredStandBesideTheMean() throws {
        var unverifiable = result(0, nil, exception: "RewardFileNotFoundError")
        unverifiable.outcome = .unverifiable
        let trials = [
            result(0, 1), result(0, 0), unverifiable, result(1, 1, exception: "AgentTimeoutError"),
            result(1, nil, exception: "HealthcheckError"), result(1, nil, isEnded: false),
        ]
        let statistics = JobStatistics(trials, tasks: ["a", "b", "c"])
        let overall = statistics.overall
        #expect(overall.trials == 6 && overall.passed == 2 && overall.failed == 1 && overall.unverifiable == 1)
        #expect(isClose(overall.mean, 2.0 / 3))
        #expect(overall.interval?.method == .wilson)
        #expect(overall.exceptions == ["RewardFileNotFoundError": 1, "AgentTimeoutError": 1, "HealthcheckError": 1])
        #expect(isClose(statistics.harborMean, 2.0 / 5), "of the five that ended, with 0 where there is no reward")
        #expect(statistics.tasks.map(\.task) == ["a", "b", "c"])
        #expect(isClose(statistics.tasks[0].figures.mean, 0.5) && isClose(statistics.tasks[1].figures.mean, 1))
        #expect(statistics.tasks[2].figures.trials == 0 && statistics.tasks[2].figures.mean == nil)
        #expect(overall.passAtK.first?.tasks == 2)
        let empty = JobStatistics([], tasks: ["a"])
        #expect(empty.harborMean == nil && empty.overall.passAtK.isEmpty && empty.overall.interval == nil)
    }

    @Test func timeLeft() {
        func left(_ mean: Double?, _ waiting: Int, _ running: [Double]) -> Double? {
            TimeLeft(meanSeconds: mean, waiting: waiting, running: running).seconds
        }
        #expect(left(10, 4, [0, 0]) == 30)
        #expect(left(10, 4, [10, 25]) == 20, "one that takes longer than the others is about to end")
        #expect(left(10, 0, [3, 9]) == 7, "nothing ends before what runs longest")
        #expect(left(10, 0, []) == 0)
        #expect(left(nil, 4, [1]) == nil && left(10, 4, []) == nil)
    }
}
