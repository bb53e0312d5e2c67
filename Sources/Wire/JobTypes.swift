/// A task of a job: as uploaded, and where the client found it.
package struct JobTask: Codable, Sendable, Hashable {
    package var digest: String
    package var name: String
    package var path: String
    /// What the agents of its trials find; nil is none.
    package var skills: [SkillGiven]?

    package init(digest: String, name: String, path: String, skills: [SkillGiven]? = nil) {
        self.digest = digest
        self.name = name
        self.path = path
        self.skills = skills
    }
}

/// What a job is to do, as it was asked for and is stored.
package struct JobPlan: Codable, Sendable, Hashable {
    package var tasks: [JobTask]
    package var agent: AgentSpec
    /// Trials of each task.
    package var attempts: Int
    /// Trials of this job that run at the same time, at most.
    package var concurrency: Int
    package var retry: RetryPolicy
    package var options: Options
    /// Host variables whose values came with the job: `job.resume` needs them again, for they are not stored.
    package var templateVariables: [String]

    /// What trials can be asked for beside task and agent.
    package struct Options: Codable, Sendable, Hashable {
        package var image: String?
        package var verifierMode: VerifierMode
        package var allowUnenforced: Bool
        package var network: NetworkKind?
        package var timeoutMultiplier: Double

        package init(
            image: String? = nil,
            verifierMode: VerifierMode = .auto,
            allowUnenforced: Bool = false,
            network: NetworkKind? = nil,
            timeoutMultiplier: Double = 1
        ) {
            self.image = image
            self.verifierMode = verifierMode
            self.allowUnenforced = allowUnenforced
            self.network = network
            self.timeoutMultiplier = timeoutMultiplier
        }

        /// Members that are absent have their defaults.
        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                image: try container.decodeIfPresent(String.self, forKey: .image),
                verifierMode: try container.decodeIfPresent(VerifierMode.self, forKey: .verifierMode) ?? .auto,
                allowUnenforced: try container.decodeIfPresent(Bool.self, forKey: .allowUnenforced) ?? false,
                network: try container.decodeIfPresent(NetworkKind.self, forKey: .network)
                    ?? (try Self.hadNone(decoder) ? .closed : nil),
                timeoutMultiplier: try container.decodeIfPresent(Double.self, forKey: .timeoutMultiplier) ?? 1
            )
        }

        /// Earlier plans say `forceNoNetwork`.
        private static func hadNone(_ decoder: any Decoder) throws -> Bool {
            try decoder.container(keyedBy: EarlierKey.self).decodeIfPresent(Bool.self, forKey: .forceNoNetwork) ?? false
        }

        private enum EarlierKey: String, CodingKey { case forceNoNetwork }
    }

    package init(
        tasks: [JobTask],
        agent: AgentSpec,
        attempts: Int,
        concurrency: Int,
        retry: RetryPolicy = RetryPolicy(),
        options: Options = Options(),
        templateVariables: [String] = []
    ) {
        self.tasks = tasks
        self.agent = agent
        self.attempts = attempts
        self.concurrency = concurrency
        self.retry = retry
        self.options = options
        self.templateVariables = templateVariables
    }

    /// The configuration of an attempt at a task.
    package func configuration(of task: JobTask, attempt: Int = 1) -> TrialConfiguration {
        TrialConfiguration(
            taskDigest: task.digest,
            taskName: task.name,
            taskPath: task.path,
            agent: agent.attempt(attempt),
            image: options.image,
            verifierMode: options.verifierMode,
            allowUnenforced: options.allowUnenforced,
            network: options.network,
            timeoutMultiplier: options.timeoutMultiplier,
            skills: task.skills
        )
    }
}

/// Where a job is.
package enum JobState: String, Codable, Sendable, CaseIterable {
    /// Trials run or wait.
    case running
    /// Every trial has ended for good.
    case finished
    /// Somebody cancelled it; `job.resume` goes on with it.
    case cancelled
    /// Cut off, and it needs `job.resume`: its values were not stored.
    case interrupted
}

/// How far a job is; of a trial that was tried again the last try counts.
package struct JobProgress: Codable, Sendable, Hashable {
    package var total: Int
    package var queued: Int
    package var running: Int
    package var passed: Int
    package var failed: Int
    /// Ended without an answer of the verifier's.
    package var unverifiable: Int
    /// Ended before the verifier.
    package var errored: Int
    package var cancelled: Int
    package var interrupted: Int
    /// Tries that were replaced by a later one.
    package var retries: Int
    /// Of the passed and failed ones.
    package var meanReward: Double?
    package var secondsLeft: Double?

    package init(
        total: Int = 0,
        queued: Int = 0,
        running: Int = 0,
        passed: Int = 0,
        failed: Int = 0,
        unverifiable: Int = 0,
        errored: Int = 0,
        cancelled: Int = 0,
        interrupted: Int = 0,
        retries: Int = 0,
        meanReward: Double? = nil,
        secondsLeft: Double? = nil
    ) {
        self.total = total
        self.queued = queued
        self.running = running
        self.passed = passed
        self.failed = failed
        self.unverifiable = unverifiable
        self.errored = errored
        self.cancelled = cancelled
        self.interrupted = interrupted
        self.retries = retries
        self.meanReward = meanReward
        self.secondsLeft = secondsLeft
    }

    /// Trials that have ended.
    package var ended: Int { total - queued - running }
}

/// A row of `executorctl job list`.
package struct JobSummary: Codable, Sendable, Hashable {
    /// The job's name, its owner's only one of that name.
    package var job: String
    /// The only one of all.
    package var id: String
    package var state: JobState
    package var agent: String
    package var tasks: Int
    package var attempts: Int
    package var concurrency: Int
    package var createdAt: Timestamp
    package var endedAt: Timestamp?
    package var progress: JobProgress

    package init(
        job: String,
        id: String,
        state: JobState,
        agent: String,
        tasks: Int,
        attempts: Int,
        concurrency: Int,
        createdAt: Timestamp,
        endedAt: Timestamp?,
        progress: JobProgress
    ) {
        self.job = job
        self.id = id
        self.state = state
        self.agent = agent
        self.tasks = tasks
        self.attempts = attempts
        self.concurrency = concurrency
        self.createdAt = createdAt
        self.endedAt = endedAt
        self.progress = progress
    }
}

/// Everything `executorctl job show` prints.
package struct JobDetail: Codable, Sendable {
    package var summary: JobSummary
    package var plan: JobPlan
    package var statistics: JobStatistics
    /// nil where nobody has learnt from it.
    package var distillation: JobDistillation?

    package init(
        summary: JobSummary,
        plan: JobPlan,
        statistics: JobStatistics,
        distillation: JobDistillation? = nil
    ) {
        self.summary = summary
        self.plan = plan
        self.statistics = statistics
        self.distillation = distillation
    }
}

/// What the configured distiller made of a job that has ended.
package struct JobDistillation: Codable, Sendable, Hashable {
    package var plugin: String
    package var at: Timestamp
    /// Trials that were read.
    package var trials: Int
    /// `name@version` of what was filed.
    package var filed: [String]
    /// Why proposals were refused.
    package var refused: [String]
    /// Why there is none; nil where there is one.
    package var failure: String?

    package init(
        plugin: String,
        at: Timestamp,
        trials: Int = 0,
        filed: [String] = [],
        refused: [String] = [],
        failure: String? = nil
    ) {
        self.plugin = plugin
        self.at = at
        self.trials = trials
        self.filed = filed
        self.refused = refused
        self.failure = failure
    }
}

/// A trial's place in its job, and the tries before and after it.
package struct TrialTry: Codable, Sendable, Hashable {
    /// From 1: which of the task's attempts.
    package var attempt: Int
    /// From 1: which try of this attempt.
    package var number: Int
    /// The try before this one.
    package var after: String?
    /// The try that replaced this one.
    package var replacedBy: String?

    package init(attempt: Int, number: Int, after: String?, replacedBy: String?) {
        self.attempt = attempt
        self.number = number
        self.after = after
        self.replacedBy = replacedBy
    }
}
