package import Wire

/// The job of a queued trial, as far as its turn depends on it.
package struct PlannedJob: Sendable, Hashable {
    /// The job's row.
    package var id: Int
    /// Trials of it that may run at the same time.
    package var concurrency: Int
    /// Waits until then after a try that failed.
    package var notBefore: Timestamp?
}

extension Store {
    /// Trials to be run, oldest submission first.
    package func queued() throws(StoreError) -> [QueuedTrial] {
        // Thousands of trials share a task and an agent: each pair is decoded once.
        var known: [Int: TrialConfiguration] = [:]
        return try database.rows("\(Self.queueQuery) WHERE t.phase = 'queued' ORDER BY t.id") {
            row throws(StoreError) in
            guard !row.isNull(13) else { return Self.queued(row, try Self.configuration(row)) }
            let first = if let first = known[row.int(13)] { first } else { try Self.configuration(row, attempt: 1) }
            known[row.int(13)] = first
            var configuration = first
            configuration.agent = first.agent.attempt(row.int(6))
            return Self.queued(row, configuration)
        }
    }

    /// One of them; nil when it is not queued any more.
    package func queued(_ trial: String) throws(StoreError) -> QueuedTrial? {
        try database.first("\(Self.queueQuery) WHERE t.name = ? AND t.phase = 'queued'", .text(trial)) {
            row throws(StoreError) in Self.queued(row, try Self.configuration(row))
        }
    }

    private static let queueQuery = """
        SELECT \(configurationColumns), t.name, j.name, t.owner, t.values_withheld, j.id, j.concurrency, t.job_task,
            t.not_before
        FROM trials t JOIN jobs j ON j.id = t.job LEFT JOIN job_tasks k ON k.id = t.job_task
        """

    private static func queued(_ row: Row, _ configuration: TrialConfiguration) -> QueuedTrial {
        QueuedTrial(
            trial: row.text(7),
            job: row.text(8),
            owner: UInt32(row.int(9)),
            configuration: configuration.drawn(by: row.text(7)),
            valuesWithheld: row.flag(10),
            planned: row.isNull(13)
                ? nil : PlannedJob(id: row.int(11), concurrency: row.int(12), notBefore: row.optionalTime(14))
        )
    }

    /// The first seven columns of a query that reads a trial's configuration, of trials t, jobs j and job_tasks k.
    static let configurationColumns = "t.configuration, j.plan, k.digest, k.name, k.path, k.skills, t.attempt"

    /// Of the columns digest, name, path and skills.
    static func jobTask(_ row: Row, from first: Int32) throws(StoreError) -> JobTask {
        JobTask(
            digest: row.text(first),
            name: row.text(first + 1),
            path: row.text(first + 2),
            skills: try row.optionalJSON(first + 3, as: [SkillGiven].self)
        )
    }

    /// A trial's own configuration, or what its job's plan says of its task, for its attempt or another one.
    static func configuration(_ row: Row, attempt: Int? = nil) throws(StoreError) -> TrialConfiguration {
        guard !row.isNull(2) else { return try row.json(0, as: TrialConfiguration.self) }
        let plan = try row.json(1, as: JobPlan.self)
        return plan.configuration(of: try jobTask(row, from: 2), attempt: attempt ?? row.int(6))
    }
}
