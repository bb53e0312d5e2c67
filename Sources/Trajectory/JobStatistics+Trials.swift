import Statistics
import Wire

/// What a job's figures need to know of one trial.
struct JobTrialResult: Sendable, Hashable {
    /// Place of the task in the plan.
    var task: Int
    var isEnded: Bool
    var outcome: VerdictOutcome?
    var reward: Double?
    var exception: String?

    /// The reward of a trial that passed or failed; design: others stand beside the mean.
    var judgedReward: Double? { outcome == .passed || outcome == .failed ? reward : nil }
}

extension JobStatistics {
    /// The figures of the last tries of a job's attempts.
    init(_ trials: [JobTrialResult], tasks names: [String]) {
        let ended = trials.filter(\.isEnded)
        let byTask = Dictionary(grouping: trials, by: \.task)
        let tasks = names.enumerated().map { number, name in
            TaskFigures(task: name, figures: Figures(byTask[number] ?? []))
        }
        let rewards = ended.map { $0.judgedReward ?? 0 }
        self.init(
            overall: Figures(trials),
            tasks: tasks,
            harborMean: rewards.isEmpty ? nil : rewards.reduce(0, +) / Double(rewards.count)
        )
    }
}

extension JobStatistics.Figures {
    init(_ trials: [JobTrialResult]) {
        let judged = trials.filter { $0.judgedReward != nil }
        let clusters = Dictionary(grouping: judged, by: \.task).sorted { $0.key < $1.key }.map(\.value)
        let rewards = clusters.map { $0.compactMap(\.judgedReward) }
        let all = rewards.flatMap { $0 }
        self.init(
            trials: trials.count,
            passed: judged.count { $0.outcome == .passed },
            failed: judged.count { $0.outcome == .failed },
            unverifiable: trials.count { $0.outcome == .unverifiable },
            exceptions: trials.reduce(into: [:]) { counts, trial in
                if let exception = trial.exception { counts[exception, default: 0] += 1 }
            },
            mean: all.isEmpty ? nil : all.reduce(0, +) / Double(all.count),
            interval: JobStatistics.Interval(clusters: rewards),
            passAtK: JobStatistics.PassAtK.all(
                clusters.map { (attempts: $0.count, passed: $0.count { $0.outcome == .passed }) }
            )
        )
    }
}

extension JobStatistics.Interval {
    /// The interval of the mean of rewards that are grouped by task; nil when there are too few to say.
    init?(clusters: [[Double]]) {
        let rewards = clusters.flatMap { $0 }
        guard !rewards.isEmpty else { return nil }
        if rewards.allSatisfy({ $0 == 0 || $0 == 1 }) {
            self.init(wilson: rewards.count { $0 == 1 }, of: rewards.count)
        } else {
            self.init(clusteredNormal: clusters)
        }
    }

    /// Wilson's score interval of a share.
    ///
    /// Trials are taken as independent, the tasks as given: for that question it is, if anything, too wide. About tasks
    /// that were not run it says nothing.
    init(wilson passed: Int, of count: Int) {
        let interval = WilsonInterval(share: Double(passed) / Double(count), of: count)
        self.init(low: interval.low, high: interval.high, method: .wilson)
    }

    /// The normal interval with the standard error clustered by task; nil for fewer than two clusters.
    ///
    /// E. Miller, "Adding Error Bars to Evals", arXiv:2411.00640 (2024), equation for clustered standard errors:
    /// SE² = Σ over tasks of (Σ over its trials of (reward - mean))² / n².
    ///
    /// Of a single task its trials are the clusters.
    init?(clusteredNormal tasks: [[Double]]) {
        let clusters = tasks.count == 1 ? tasks[0].map { [$0] } : tasks
        guard clusters.count > 1 else { return nil }
        let count = Double(clusters.reduce(0) { $0 + $1.count })
        let mean = clusters.joined().reduce(0, +) / count
        let squares = clusters.reduce(0.0) { sum, cluster in
            let deviation = cluster.reduce(0.0) { $0 + ($1 - mean) }
            return sum + deviation * deviation
        }
        let half = WilsonInterval.quantile * squares.squareRoot() / count
        self.init(low: mean - half, high: mean + half, method: .clusteredNormal)
    }
}

extension JobStatistics.PassAtK {
    /// For k = 1, 2, 4, … up to the most judged attempts of any task.
    static func all(_ tasks: [(attempts: Int, passed: Int)]) -> [JobStatistics.PassAtK] {
        let most = tasks.map(\.attempts).max() ?? 0
        return sequence(first: 1) { $0 * 2 }.prefix { $0 <= most }.map { k in
            let chances = tasks.filter { $0.attempts >= k }.map {
                chance(attempts: $0.attempts, passed: $0.passed, k: k)
            }
            return JobStatistics.PassAtK(
                k: k,
                chance: chances.reduce(0, +) / Double(chances.count),
                tasks: chances.count
            )
        }
    }

    /// The chance that at least one of k attempts, drawn from those that were made, passed: 1 - C(n-c, k) / C(n, k).
    ///
    /// As a product, which does not overflow: M. Chen et al., "Evaluating Large Language Models Trained on Code",
    /// arXiv:2107.03374 (2021), section 2.1.
    static func chance(attempts: Int, passed: Int, k: Int) -> Double {
        let failed = attempts - passed
        guard failed >= k else { return 1 }
        return 1 - (0..<k).reduce(1.0) { $0 * Double(failed - $1) / Double(attempts - $1) }
    }
}
