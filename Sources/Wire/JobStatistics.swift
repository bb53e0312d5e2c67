/// What a job's trials came to; of a trial that was tried again the last try counts.
package struct JobStatistics: Codable, Sendable, Hashable {
    package var overall: Figures
    /// In the plan's order.
    package var tasks: [TaskFigures]
    /// Harbor's mean, in which a trial without a reward counts as 0; nil before the first trial has ended.
    package var harborMean: Double?

    package init(overall: Figures, tasks: [TaskFigures], harborMean: Double?) {
        self.overall = overall
        self.tasks = tasks
        self.harborMean = harborMean
    }

    /// The figures of some trials.
    ///
    /// Mean and pass@k are of those that passed or failed; the others stand beside them.
    package struct Figures: Codable, Sendable, Hashable {
        package var trials: Int
        package var passed: Int
        package var failed: Int
        package var unverifiable: Int
        /// Trials with an exception, by its name, whether or not there was a verdict besides.
        package var exceptions: [String: Int]
        package var mean: Double?
        package var interval: Interval?
        package var passAtK: [PassAtK]

        package init(
            trials: Int,
            passed: Int,
            failed: Int,
            unverifiable: Int,
            exceptions: [String: Int],
            mean: Double?,
            interval: Interval?,
            passAtK: [PassAtK]
        ) {
            self.trials = trials
            self.passed = passed
            self.failed = failed
            self.unverifiable = unverifiable
            self.exceptions = exceptions
            self.mean = mean
            self.interval = interval
            self.passAtK = passAtK
        }
    }

    package struct TaskFigures: Codable, Sendable, Hashable {
        package var task: String
        package var figures: Figures

        package init(task: String, figures: Figures) {
            self.task = task
            self.figures = figures
        }
    }

    /// A 95 % interval of a mean, and how it was made.
    package struct Interval: Codable, Sendable, Hashable {
        package enum Method: String, Codable, Sendable {
            /// Rewards of 0 and 1 only: Wilson's score interval, of the tasks as given.
            case wilson
            /// Other rewards: normal, with the standard error clustered by task.
            case clusteredNormal
        }
        package var low: Double
        package var high: Double
        package var method: Method

        package init(low: Double, high: Double, method: Method) {
            self.low = low
            self.high = high
            self.method = method
        }
    }

    /// The chance that one of k attempts passes, without bias, as a mean over tasks.
    package struct PassAtK: Codable, Sendable, Hashable {
        package var k: Int
        package var chance: Double
        /// Tasks with at least k judged attempts; the others are not in the mean.
        package var tasks: Int

        package init(k: Int, chance: Double, tasks: Int) {
            self.k = k
            self.chance = chance
            self.tasks = tasks
        }
    }
}
