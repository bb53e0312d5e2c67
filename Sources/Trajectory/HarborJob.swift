import Wire

/// The files of a job directory in Harbor's shapes.
enum HarborJob {
    /// `config.json`.
    struct Config: Encodable {
        var jobName: String
        var agents: [HarborTrial.Agent]
        var tasks: [HarborTrial.Task]
        var environment = HarborTrial.Environment(options: nil)
        /// Absent where trials were submitted one by one.
        var attempts: Int?
        var concurrentTrials: Int?
        var retry: Retry?

        enum CodingKeys: String, CodingKey {
            case agents, tasks, environment, retry
            case jobName = "job_name"
            case attempts = "n_attempts"
            case concurrentTrials = "n_concurrent_trials"
        }
    }

    /// `lock.json`, schema version 3.
    struct Lock: Encodable {
        var schemaVersion = 3
        var createdAt: Timestamp
        var harbor = Writer()
        var concurrentTrials: Int
        var retry = Retry()
        var trials: [HarborTrial.Lock]

        enum CodingKeys: String, CodingKey {
            case harbor, retry, trials
            case schemaVersion = "schema_version"
            case createdAt = "created_at"
            case concurrentTrials = "n_concurrent_trials"
        }
    }

    /// Empty: no Harbor took part.
    struct Writer: Encodable {}

    /// Harbor's `RetryConfig`.
    struct Retry: Encodable {
        var maxRetries = 0
        var include: [String]?
        var exclude: [String]?
        var multiplier: Double?
        var minimumSeconds: Double?
        var maximumSeconds: Double?

        enum CodingKeys: String, CodingKey {
            case maxRetries = "max_retries"
            case include = "include_exceptions"
            case exclude = "exclude_exceptions"
            case multiplier = "wait_multiplier"
            case minimumSeconds = "min_wait_sec"
            case maximumSeconds = "max_wait_sec"
        }
    }

    /// `result.json`.
    struct Result: Encodable {
        var id: String
        var startedAt: Timestamp
        var updatedAt: Timestamp
        var finishedAt: Timestamp?
        var totalTrials: Int
        var stats: Stats

        enum CodingKeys: String, CodingKey {
            case id, stats
            case startedAt = "started_at"
            case updatedAt = "updated_at"
            case finishedAt = "finished_at"
            case totalTrials = "n_total_trials"
        }
    }

    struct Stats: Encodable {
        var completed = 0
        var errored = 0
        var running = 0
        var pending = 0
        var cancelled = 0
        var retries = 0
        /// By `agent__adhoc`: our tasks come from no dataset.
        var evals: [String: Eval] = [:]

        enum CodingKeys: String, CodingKey {
            case evals
            case completed = "n_completed_trials"
            case errored = "n_errored_trials"
            case running = "n_running_trials"
            case pending = "n_pending_trials"
            case cancelled = "n_cancelled_trials"
            case retries = "n_retries"
        }
    }

    struct Eval: Encodable {
        /// Trials with rewards.
        var trials = 0
        var errors = 0
        var metrics: [[String: Double]] = []
        var passAtK: [String: Double] = [:]
        /// Reward key, then its value, to trial names.
        var rewardStats: [String: [String: [String]]] = [:]
        var exceptionStats: [String: [String]] = [:]

        enum CodingKeys: String, CodingKey {
            case metrics
            case trials = "n_trials"
            case errors = "n_errors"
            case passAtK = "pass_at_k"
            case rewardStats = "reward_stats"
            case exceptionStats = "exception_stats"
        }
    }
}

extension HarborJob.Stats {
    /// Counts by Harbor's own rules, whose mean takes a trial without rewards for 0.
    init(_ trials: [ExportedTrial], retries: Int) {
        self.retries = retries
        var groups: [String: [ExportedTrial]] = [:]
        for trial in trials {
            switch trial.detail.summary.phase {
            case .queued: pending += 1
            case .starting, .agent, .freezing, .verifying: running += 1
            case .finished, .cancelled, .interrupted, .errored:
                completed += 1
                groups[trial.agentName + "__adhoc", default: []].append(trial)
                guard let exception = trial.exception else { continue }
                errored += 1
                if exception.type == "CancelledError" { cancelled += 1 }
            }
        }
        evals = groups.mapValues { HarborJob.Eval($0) }
    }
}

extension HarborJob.Retry {
    init(_ policy: RetryPolicy) {
        self.init(
            maxRetries: policy.maximum,
            include: policy.include.isEmpty ? nil : policy.include,
            exclude: policy.exclude,
            multiplier: policy.multiplier,
            minimumSeconds: policy.minimumSeconds,
            maximumSeconds: policy.maximumSeconds
        )
    }
}

extension HarborJob.Eval {
    /// The figures of one agent's ended trials.
    init(_ group: [ExportedTrial]) {
        for trial in group {
            if let rewards = trial.rewards {
                trials += 1
                for (key, value) in rewards {
                    rewardStats[key, default: [:]]["\(value)", default: []].append(trial.name)
                }
            }
            if let exception = trial.exception {
                errors += 1
                exceptionStats[exception.type, default: []].append(trial.name)
            }
        }
        metrics = [Self.mean(group.map(\.rewards))]
        passAtK = Self.passAtK(group)
    }

    /// With one reward key the mean is called `mean`, with several each has its own.
    private static func mean(_ rewards: [[String: Double]?]) -> [String: Double] {
        let keys = Set(rewards.flatMap { $0.map { Array($0.keys) } ?? [] })
        guard keys.count > 1 else {
            let values = rewards.map { $0?.values.first ?? 0 }
            return ["mean": values.reduce(0, +) / Double(values.count)]
        }
        return Dictionary(
            uniqueKeysWithValues: keys.map { key in
                (key, rewards.reduce(0) { $0 + ($1?[key] ?? 0) } / Double(rewards.count))
            }
        )
    }

    /// The probability that one of k attempts passes, averaged over tasks; only for a single reward of 0 or 1.
    private static func passAtK(_ group: [ExportedTrial]) -> [String: Double] {
        var attempts: [String: [Bool]] = [:]
        for trial in group {
            let task = trial.detail.configuration.taskName
            guard let rewards = trial.rewards else {
                attempts[task, default: []].append(false)
                continue
            }
            guard rewards.count == 1, let value = rewards.values.first, value == 0 || value == 1 else { return [:] }
            attempts[task, default: []].append(value == 1)
        }
        let fewest = attempts.values.map(\.count).min() ?? 0
        let powers = sequence(first: 2) { $0 * 2 }.prefix { $0 <= fewest }
        let fives = stride(from: 5, through: fewest, by: 5)
        var result: [String: Double] = [:]
        for k in Set(powers).union(fives) {
            let chances = attempts.values.map { passes in
                JobStatistics.PassAtK.chance(attempts: passes.count, passed: passes.count { $0 }, k: k)
            }
            result["\(k)"] = chances.reduce(0, +) / Double(chances.count)
        }
        return result
    }
}
