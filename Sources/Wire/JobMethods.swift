/// Makes a job with all its trials, or nothing of it; once it is answered, the job survives a crash.
package enum JobCreate: Method {
    package static let name = "job.create"
    package struct Params: Codable, Sendable {
        /// nil makes a name.
        package var name: String?
        package var tasks: [JobTask]
        package var agent: AgentSpec
        /// Trials of each task.
        package var attempts: Int
        /// nil: as many as the daemon runs.
        package var concurrency: Int?
        package var retry: RetryPolicy
        package var options: JobPlan.Options
        /// Values of the host variables that the tasks' templates name; neither stored nor exported.
        package var templates: [String: String]

        package init(
            name: String? = nil,
            tasks: [JobTask],
            agent: AgentSpec,
            attempts: Int = 1,
            concurrency: Int? = nil,
            retry: RetryPolicy = RetryPolicy(),
            options: JobPlan.Options = JobPlan.Options(),
            templates: [String: String] = [:]
        ) {
            self.name = name
            self.tasks = tasks
            self.agent = agent
            self.attempts = attempts
            self.concurrency = concurrency
            self.retry = retry
            self.options = options
            self.templates = templates
        }

        /// Only `tasks` and `agent` must be there; the rest has its defaults.
        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                name: try container.decodeIfPresent(String.self, forKey: .name),
                tasks: try container.decode([JobTask].self, forKey: .tasks),
                agent: try container.decode(AgentSpec.self, forKey: .agent),
                attempts: try container.decodeIfPresent(Int.self, forKey: .attempts) ?? 1,
                concurrency: try container.decodeIfPresent(Int.self, forKey: .concurrency),
                retry: try container.decodeIfPresent(RetryPolicy.self, forKey: .retry) ?? RetryPolicy(),
                options: try container.decodeIfPresent(JobPlan.Options.self, forKey: .options) ?? JobPlan.Options(),
                templates: try container.decodeIfPresent([String: String].self, forKey: .templates) ?? [:]
            )
        }
    }
    package struct Result: Codable, Sendable {
        package var job: String
        package var id: String
        package var trials: Int
        package var warnings: [String]

        package init(job: String, id: String, trials: Int, warnings: [String]) {
            self.job = job
            self.id = id
            self.trials = trials
            self.warnings = warnings
        }
    }
}

/// The newest jobs first; trials of `trial.submit` are in none of them.
package enum JobList: Method {
    package static let name = "job.list"
    package struct Params: Codable, Sendable {
        package var limit: Int
        package init(limit: Int = 20) { self.limit = limit }
    }
    package struct Result: Codable, Sendable {
        package var jobs: [JobSummary]
        /// How many there are in all.
        package var total: Int
        package init(jobs: [JobSummary], total: Int) {
            self.jobs = jobs
            self.total = total
        }
    }
}

/// The job that a call is about: its name, its id, or a beginning or end of its name that fits no other.
package struct JobReference: Codable, Sendable {
    package var job: String
    package init(job: String) { self.job = job }
}

package enum JobGet: Method {
    package static let name = "job.get"
    package typealias Params = JobReference
    package typealias Result = JobDetail
}

/// Ends what runs and drops what waits; answered when nothing of the job runs any more.
package enum JobCancel: Method {
    package static let name = "job.cancel"
    package typealias Params = JobReference
    package typealias Result = JobSummary
}

/// Tries the trials of a job again that ended without a verdict; those that have one are not repeated.
package enum JobResume: Method {
    package static let name = "job.resume"
    package struct Params: Codable, Sendable {
        package var job: String
        /// Values of the plan's `templateVariables`.
        package var templates: [String: String]
        package init(job: String, templates: [String: String] = [:]) {
            self.job = job
            self.templates = templates
        }
    }
    package struct Result: Codable, Sendable {
        /// Trials that were queued again.
        package var trials: Int
        package var summary: JobSummary
        package init(trials: Int, summary: JobSummary) {
            self.trials = trials
            self.summary = summary
        }
    }
}

/// The reply first, then `job.progress` notifications, at most two a second, until nothing of the job runs or waits.
package enum JobWatch: Method {
    package static let name = "job.watch"
    package typealias Params = JobReference
    package struct Result: Codable, Sendable {
        package var summary: JobSummary
        package init(summary: JobSummary) { self.summary = summary }
    }
}

/// How far a watched job is.
package enum JobProgressNotification: NotificationKind {
    package static let name = "job.progress"
    package struct Params: Codable, Sendable {
        /// The job's id.
        package var id: String
        package var summary: JobSummary
        /// Nothing more is sent after this one.
        package var isLast: Bool
        package init(id: String, summary: JobSummary, isLast: Bool) {
            self.id = id
            self.summary = summary
            self.isLast = isLast
        }
    }
}
