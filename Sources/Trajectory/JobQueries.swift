package import Wire

/// A job that was made as a whole, by its row.
package struct JobRow: Sendable, Hashable {
    package var id: Int
    package var uuid: String
    package var name: String
    package var owner: UInt32
}

/// The last try of an attempt, when it has ended: what is asked whether there is another.
package struct EndedTry: Sendable, Hashable {
    package var trial: String
    package var phase: TrialPhase
    /// By Harbor's name: the trial's, else the one of a verdict that is none.
    package var exception: String?
    /// Of the attempt's tries which one it was, from 1.
    package var number: Int
    /// Retries by policy before it.
    package var retries: Int
    package var valuesWithheld: Bool

    package init(
        trial: String,
        phase: TrialPhase,
        exception: String?,
        number: Int,
        retries: Int,
        valuesWithheld: Bool
    ) {
        self.trial = trial
        self.phase = phase
        self.exception = exception
        self.number = number
        self.retries = retries
        self.valuesWithheld = valuesWithheld
    }
}

extension Store {
    /// The job that `reference` names: by name, by id, or as the only one whose name begins or ends with it.
    package func resolveJob(_ reference: String, visibleTo owner: UInt32?) throws(StoreError) -> JobRow {
        let exact = try database.rows(
            """
            SELECT id, uuid, name, owner FROM jobs
            WHERE plan IS NOT NULL AND (name = ?1 OR uuid = ?1) AND (?2 IS NULL OR owner = ?2)
            """,
            .text(reference),
            .owner(owner),
            read: Self.jobRow
        )
        if exact.count == 1 { return exact[0] }
        guard exact.isEmpty else {
            throw .conflict(
                "'\(reference)' is the name of several users' jobs: use the id, one of "
                    + exact.map(\.uuid).joined(separator: ", ")
            )
        }
        let candidates = try database.rows(
            """
            SELECT id, uuid, name, owner FROM jobs
            WHERE plan IS NOT NULL AND (substr(name, 1, length(?1)) = ?1 OR substr(name, -length(?1)) = ?1)
                AND (?2 IS NULL OR owner = ?2) AND ?1 != '' ORDER BY id DESC LIMIT 10
            """,
            .text(reference),
            .owner(owner),
            read: Self.jobRow
        )
        guard let only = candidates.first else {
            throw .notFound("job '\(reference)'; `executorctl job list` shows the jobs")
        }
        guard candidates.count == 1 else {
            throw .conflict("'\(reference)' fits several jobs: \(candidates.map(\.name).joined(separator: ", "))")
        }
        return only
    }

    /// A user's job of exactly this name; nil where there is none.
    package func job(named name: String, of owner: UInt32) throws(StoreError) -> JobRow? {
        try database.first(
            "SELECT id, uuid, name, owner FROM jobs WHERE plan IS NOT NULL AND name = ? AND owner = ?",
            .text(name),
            .owner(owner),
            read: Self.jobRow
        )
    }

    /// The newest jobs first, and how many there are in all; nil for `visibleTo` sees everybody's.
    package func jobs(limit: Int, visibleTo owner: UInt32?) throws(StoreError) -> (jobs: [JobSummary], total: Int) {
        let rows = try database.rows(
            """
            SELECT id, uuid, name, owner FROM jobs WHERE plan IS NOT NULL AND (?1 IS NULL OR owner = ?1)
            ORDER BY id DESC LIMIT ?2
            """,
            .owner(owner),
            .number(max(0, limit)),
            read: Self.jobRow
        )
        let total = try database.first(
            "SELECT count(*) FROM jobs WHERE plan IS NOT NULL AND (?1 IS NULL OR owner = ?1)",
            .owner(owner)
        ) { row in row.int(0) }
        var jobs: [JobSummary] = []
        for row in rows { jobs.append(try jobSummary(row.id)) }
        return (jobs, total ?? 0)
    }

    /// One row of the list.
    package func jobSummary(_ job: Int) throws(StoreError) -> JobSummary {
        let progress = try progress(of: job)
        let summary = try database.first(
            """
            SELECT name, uuid, plan, created_at, ended_at, cancelled_at,
                (SELECT count(*) FROM job_tasks WHERE job = jobs.id)
            FROM jobs WHERE id = ? AND plan IS NOT NULL
            """,
            .number(job)
        ) { row throws(StoreError) in
            let plan = try row.json(2, as: JobPlan.self)
            let state: JobState =
                if !row.isNull(5) {
                    .cancelled
                } else if row.isNull(4) {
                    .running
                } else {
                    progress.interrupted > 0 ? .interrupted : .finished
                }
            return JobSummary(
                job: row.text(0),
                id: row.text(1),
                state: state,
                agent: plan.agent.displayName,
                tasks: row.int(6),
                attempts: plan.attempts,
                concurrency: plan.concurrency,
                createdAt: row.time(3),
                endedAt: row.optionalTime(4),
                progress: progress
            )
        }
        guard let summary else { throw .notFound("job \(job)") }
        return summary
    }

    /// When a job's trials are tried again.
    package func retryPolicy(of job: Int) throws(StoreError) -> RetryPolicy {
        try planFrame(job).retry
    }

    /// The plan without its tasks.
    private func planFrame(_ job: Int) throws(StoreError) -> JobPlan {
        let plan = try database.first("SELECT plan FROM jobs WHERE id = ? AND plan IS NOT NULL", .number(job)) {
            row throws(StoreError) in try row.json(0, as: JobPlan.self)
        }
        guard let plan else { throw .notFound("job \(job)") }
        return plan
    }

    /// What a job was asked to do.
    package func jobPlan(_ job: Int) throws(StoreError) -> JobPlan {
        var plan = try planFrame(job)
        plan.tasks = try database.rows(
            "SELECT digest, name, path, skills FROM job_tasks WHERE job = ? ORDER BY number",
            .number(job)
        ) { row throws(StoreError) in try Self.jobTask(row, from: 0) }
        return plan
    }

    /// Everything about a job but its trials.
    package func jobDetail(_ job: Int) throws(StoreError) -> JobDetail {
        let plan = try jobPlan(job)
        let trials = try database.rows(
            """
            SELECT k.number, t.phase, v.outcome, v.reward, coalesce(t.exception ->> 'type', v.body ->> 'exception')
            FROM trials t JOIN job_tasks k ON k.id = t.job_task LEFT JOIN verdicts v ON v.trial = t.id
            WHERE t.job = ? AND t.is_last = 1
            """,
            .number(job)
        ) { row throws(StoreError) in
            JobTrialResult(
                task: row.int(0),
                isEnded: try row.word(1, as: TrialPhase.self).isTerminal,
                outcome: row.isNull(2) ? nil : try row.word(2, as: VerdictOutcome.self),
                reward: row.double(3),
                exception: row.optionalText(4)
            )
        }
        let distillation = try database.first("SELECT distillation FROM jobs WHERE id = ?", .number(job)) {
            row throws(StoreError) in try row.optionalJSON(0, as: JobDistillation.self)
        }
        return JobDetail(
            summary: try jobSummary(job),
            plan: plan,
            statistics: JobStatistics(trials, tasks: plan.tasks.map(\.name)),
            distillation: distillation ?? nil
        )
    }

    /// Rows of the jobs that are neither cancelled nor known to have ended.
    package func jobsToDo() throws(StoreError) -> [Int] {
        try database.rows(
            "SELECT id FROM jobs WHERE plan IS NOT NULL AND cancelled_at IS NULL AND ended_at IS NULL ORDER BY id"
        ) { row in row.int(0) }
    }

    /// The attempts of a job whose last try has ended without a verdict, or with an exception besides.
    package func endedTries(of job: Int) throws(StoreError) -> [EndedTry] {
        try database.rows("\(Self.endedQuery) WHERE t.job = ? ORDER BY t.id", .number(job), read: Self.endedTry)
            .filter { $0.phase.isTerminal && ($0.phase == .interrupted || $0.exception != nil) }
    }

    /// How the last try of a planned job's attempt ended; nil for other trials and for ones that were tried again.
    package func endedTry(_ trial: String) throws(StoreError) -> EndedTry? {
        try database.first("\(Self.endedQuery) WHERE t.name = ?", .text(trial), read: Self.endedTry)
    }

    private static let endedQuery = """
        SELECT t.name, t.phase, coalesce(t.exception ->> 'type', v.body ->> 'exception'), t.try_number, t.retries,
            t.values_withheld
        FROM (SELECT * FROM trials WHERE is_last = 1 AND job_task IS NOT NULL) t
        LEFT JOIN verdicts v ON v.trial = t.id
        """

    private static func endedTry(_ row: Row) throws(StoreError) -> EndedTry {
        EndedTry(
            trial: row.text(0),
            phase: try row.word(1, as: TrialPhase.self),
            exception: row.optionalText(2),
            number: row.int(3),
            retries: row.int(4),
            valuesWithheld: row.flag(5)
        )
    }

    private static func jobRow(_ row: Row) -> JobRow {
        JobRow(id: row.int(0), uuid: row.text(1), name: row.text(2), owner: UInt32(row.int(3)))
    }

    // MARK: Progress

    /// How far a job is, from one pass over its trials.
    private func progress(of job: Int) throws(StoreError) -> JobProgress {
        var progress = JobProgress()
        var rewards = 0.0
        var (seconds, timed) = (0.0, 0)
        let groups = try database.rows(
            """
            SELECT t.phase, v.outcome, t.is_last, count(*), total(v.reward),
                total(t.finished_at - t.started_at), count(t.finished_at - t.started_at)
            FROM trials t LEFT JOIN verdicts v ON v.trial = t.id
            WHERE t.job = ? GROUP BY 1, 2, 3
            """,
            .number(job)
        ) { row throws(StoreError) in
            (
                phase: try row.word(0, as: TrialPhase.self),
                outcome: row.isNull(1) ? nil : try row.word(1, as: VerdictOutcome.self),
                isLast: row.flag(2), count: row.int(3), reward: row.double(4) ?? 0, milliseconds: row.double(5) ?? 0,
                timed: row.int(6)
            )
        }
        for group in groups {
            // What was cut off says nothing about how long a trial takes.
            if group.phase == .finished || group.phase == .errored {
                seconds += group.milliseconds / 1000
                timed += group.timed
            }
            guard group.isLast else {
                progress.retries += group.count
                continue
            }
            progress.count(group.phase, group.outcome, group.count)
            if group.outcome == .passed || group.outcome == .failed { rewards += group.reward }
        }
        let judged = progress.passed + progress.failed
        if judged > 0 { progress.meanReward = rewards / Double(judged) }
        progress.secondsLeft =
            TimeLeft(
                meanSeconds: timed == 0 ? nil : seconds / Double(timed),
                waiting: progress.queued,
                running: try runningSeconds(of: job)
            ).seconds
        return progress
    }

    /// For how long each running trial has run.
    private func runningSeconds(of job: Int) throws(StoreError) -> [Double] {
        let now = Timestamp.now().milliseconds
        return try database.rows(
            """
            SELECT started_at FROM trials
            WHERE job = ? AND phase IN ('starting', 'agent', 'freezing', 'verifying')
            """,
            .number(job)
        ) { row in Double(now - (row.optionalTime(0)?.milliseconds ?? now)) / 1000 }
    }
}

extension JobProgress {
    /// Adds trials that are in one state.
    fileprivate mutating func count(_ phase: TrialPhase, _ outcome: VerdictOutcome?, _ count: Int) {
        total += count
        switch (phase, outcome) {
        case (.queued, _): queued += count
        case (.starting, _), (.agent, _), (.freezing, _), (.verifying, _): running += count
        case (.finished, .passed): passed += count
        case (.finished, .failed): failed += count
        case (.finished, _): unverifiable += count
        case (.errored, _): errored += count
        case (.cancelled, _): cancelled += count
        case (.interrupted, _): interrupted += count
        }
    }
}
