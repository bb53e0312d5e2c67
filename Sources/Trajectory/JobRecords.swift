import FoundationEssentials
package import Wire

/// A job as it was stored, and its trials, which wait.
package struct CreatedJob: Sendable {
    package var name: String
    /// The job's UUID.
    package var uuid: String
    package var trials: [QueuedTrial]
}

extension Store {
    /// Makes a job and all its trials, or nothing of it; it survives the loss of power when this returns.
    ///
    /// The first attempts of all tasks come before all second ones, so that early figures are of the whole job.
    package func createJob(
        _ plan: JobPlan,
        name: String?,
        owner: UInt32
    ) throws(StoreError) -> CreatedJob {
        let now = Timestamp.now()
        let name = name ?? Self.jobName(at: now)
        let uuid = UUID().uuidString.lowercased()
        var frame = plan
        frame.tasks = []
        frame.agent.actions = plan.agent.actions.map(\.withoutEnvironmentValues)
        let text = try storedJSON(frame)
        return try write(.full) { () throws(StoreError) in
            let made = try database.run(
                """
                INSERT INTO jobs (uuid, owner, name, created_at, plan, concurrency) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """,
                .text(uuid),
                .owner(owner),
                .text(name),
                .time(now),
                .text(text),
                .number(plan.concurrency)
            )
            guard made == 1 else { throw .conflict("there is a job '\(name)' already: choose another name") }
            let job = try lastRow()
            var entries: [(id: Int, task: JobTask)] = []
            for (number, task) in plan.tasks.enumerated() {
                try database.run(
                    "INSERT INTO job_tasks (job, number, digest, name, path, skills) VALUES (?, ?, ?, ?, ?, ?)",
                    .number(job),
                    .number(number),
                    .text(task.digest),
                    .text(task.name),
                    .text(task.path),
                    try task.skills.map { (skills) throws(StoreError) in .text(try storedJSON(skills)) } ?? .null
                )
                entries.append((try lastRow(), task))
            }
            let place = PlannedJob(id: job, concurrency: plan.concurrency)
            var trials: [QueuedTrial] = []
            for attempt in 1...max(1, plan.attempts) {
                for (entry, task) in entries {
                    let slot = Slot(entry: entry, attempt: attempt)
                    let queued = QueuedTrial(
                        trial: "",
                        job: name,
                        owner: owner,
                        configuration: frame.configuration(of: task, attempt: attempt),
                        valuesWithheld: !plan.templateVariables.isEmpty,
                        planned: place
                    )
                    trials.append(try insertTry(queued, slot, at: now))
                }
            }
            return CreatedJob(name: name, uuid: uuid, trials: trials)
        }
    }

    /// Where a try belongs, and what came before it.
    private struct Slot {
        var entry: Int
        var attempt: Int
        var number = 1
        var retries = 0
        var previous: Int?
    }

    /// Queues one try, inside the caller's transaction; returns it with its name.
    private func insertTry(
        _ trial: QueuedTrial,
        _ slot: Slot,
        note: String? = nil,
        at now: Timestamp
    ) throws(StoreError) -> QueuedTrial {
        guard let job = trial.planned else { throw .damaged("a try without its job") }
        var queued = trial
        queued.trial = try unusedTrialName(task: trial.configuration.taskName)
        try database.run(
            """
            INSERT INTO trials (name, uuid, job, owner, task, agent, configuration, values_withheld, phase,
                submitted_at, job_task, attempt, try_number, retries, previous, not_before)
            VALUES (?, ?, ?, ?, ?, ?, '', ?, 'queued', ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(queued.trial),
            .text(UUID().uuidString.lowercased()),
            .number(job.id),
            .owner(trial.owner),
            .text(trial.configuration.taskName),
            .text(trial.configuration.agent.displayName),
            .flag(trial.valuesWithheld),
            .time(now),
            .number(slot.entry),
            .number(slot.attempt),
            .number(slot.number),
            .number(slot.retries),
            .number(slot.previous),
            .time(job.notBefore)
        )
        var rows = [try EventRow(.phase(.queued))]
        if let note { rows.append(try EventRow(.note(note))) }
        try insert(rows, trial: LiveTrial(id: try lastRow(), phase: .queued, sequence: 0))
        return queued
    }

    private func lastRow() throws(StoreError) -> Int {
        guard let id = try database.first("SELECT last_insert_rowid()", read: { row in row.int(0) }) else {
            throw .damaged("a new row has no number")
        }
        return id
    }

    // MARK: Further tries

    /// Queues a further try of an ended trial; nil when its job was cancelled or somebody has queued one.
    ///
    /// `counts` says that it is a retry by policy, not what goes on after the daemon's end.
    package func retry(_ trial: String, notBefore: Timestamp?, counts: Bool) throws(StoreError) -> QueuedTrial? {
        try write(.full) { () throws(StoreError) in
            try retryInTransaction(trial, notBefore: notBefore) { counts ? $0 + 1 : $0 }
        }
    }

    /// Lets a job that has ended or was cancelled go on: queues a try for each attempt that has no verdict.
    ///
    /// `retriesErrors` is false where what ended with an error by itself is to stay as it is.
    ///
    /// - Returns: the new tries; none when every attempt has its verdict.
    package func resumeJob(_ job: Int, retriesErrors: Bool = true) throws(StoreError) -> [QueuedTrial] {
        try write(.full) { () throws(StoreError) in
            let names = try database.rows(
                """
                SELECT t.name FROM trials t LEFT JOIN verdicts v ON v.trial = t.id
                WHERE t.job = ? AND t.is_last = 1 AND v.trial IS NULL
                    AND (t.phase IN ('cancelled', 'interrupted') OR (? AND t.phase = 'errored')) ORDER BY t.id
                """,
                .number(job),
                .flag(retriesErrors)
            ) { row in row.text(0) }
            guard !names.isEmpty else { return [] }
            try database.run("UPDATE jobs SET cancelled_at = NULL, ended_at = NULL WHERE id = ?", .number(job))
            var trials: [QueuedTrial] = []
            for name in names {
                if let next = try retryInTransaction(name, notBefore: nil, retries: { _ in 0 }) { trials.append(next) }
            }
            return trials
        }
    }

    private func retryInTransaction(
        _ trial: String,
        notBefore: Timestamp?,
        retries: (Int) -> Int
    ) throws(StoreError) -> QueuedTrial? {
        let found = try database.first(
            """
            SELECT \(Self.configurationColumns), t.id, t.job_task, t.try_number, t.retries, t.owner, j.name,
                t.values_withheld, j.id, j.concurrency, t.phase, t.exception ->> 'type'
            FROM trials t JOIN jobs j ON j.id = t.job JOIN job_tasks k ON k.id = t.job_task
            WHERE t.name = ? AND t.is_last = 1 AND j.cancelled_at IS NULL
            """,
            .text(trial)
        ) { row throws(StoreError) in
            (
                slot: Slot(
                    entry: row.int(8),
                    attempt: row.int(6),
                    number: row.int(9) + 1,
                    retries: retries(row.int(10)),
                    previous: row.int(7)
                ),
                queued: QueuedTrial(
                    trial: "",
                    job: row.text(12),
                    owner: UInt32(row.int(11)),
                    configuration: try Self.configuration(row),
                    valuesWithheld: row.flag(13),
                    planned: PlannedJob(id: row.int(14), concurrency: row.int(15), notBefore: notBefore)
                ),
                phase: try row.word(16, as: TrialPhase.self),
                exception: row.optionalText(17)
            )
        }
        guard let found else { return nil }
        guard found.phase.isTerminal else { throw .conflict("trial \(trial) is \(found.phase.rawValue)") }
        try database.run("UPDATE trials SET is_last = 0 WHERE id = ?", .number(found.slot.previous))
        let end = found.phase.rawValue + (found.exception.map { " with \($0)" } ?? "")
        return try insertTry(
            found.queued,
            found.slot,
            note: "try \(found.slot.number) of attempt \(found.slot.attempt): \(trial) ended \(end)",
            at: .now()
        )
    }

    // MARK: Ends

    /// Cancels a job: its waiting trials end now, and no further try is made; their names are returned.
    ///
    /// `running` are trials that somebody has taken from the queue and will end.
    package func cancelJob(_ job: Int, except running: Set<String>) throws(StoreError) -> [String] {
        let now = Timestamp.now()
        let waiting = try waitingTrials(of: job).filter { !running.contains($0) }
        let exception = TrialException(type: "CancelledError", message: "its job was cancelled", occurredAt: now)
        let rows = [try EventRow(.exception(exception)), try EventRow(.phase(.cancelled))]
        try write(.full) { () throws(StoreError) in
            try database.run(
                "UPDATE jobs SET cancelled_at = coalesce(cancelled_at, ?) WHERE id = ?",
                .time(now),
                .number(job)
            )
            try endWaiting(waiting, phase: .cancelled, rows: rows, at: now)
        }
        return waiting
    }

    /// Ends the waiting trials of jobs whose values went with the last daemon; they need `job.resume`.
    package func interruptWithheld(_ exception: TrialException) throws(StoreError) -> [String] {
        let waiting = try database.rows(
            "SELECT name FROM trials WHERE phase = 'queued' AND values_withheld = 1 AND job_task IS NOT NULL ORDER BY id"
        ) { row in row.text(0) }
        guard !waiting.isEmpty else { return [] }
        let rows = [try EventRow(.exception(exception)), try EventRow(.phase(.interrupted))]
        try write(.full) { () throws(StoreError) in
            try endWaiting(waiting, phase: .interrupted, rows: rows, at: .now())
        }
        return waiting
    }

    private func waitingTrials(of job: Int) throws(StoreError) -> [String] {
        try database.rows("SELECT name FROM trials WHERE job = ? AND phase = 'queued'", .number(job)) { row in
            row.text(0)
        }
    }

    private func endWaiting(
        _ trials: [String],
        phase: TrialPhase,
        rows: [EventRow],
        at time: Timestamp
    ) throws(StoreError) {
        for trial in trials {
            try insert(rows, trial: try openTrial(trial))
            try database.run(
                "UPDATE trials SET phase = ?, finished_at = ? WHERE name = ?",
                .text(phase.rawValue),
                .time(time),
                .text(trial)
            )
            live[trial] = nil
        }
    }

    /// Keeps what was learnt from a job, instead of what was before.
    package func recordDistillation(_ distillation: JobDistillation, job: Int) throws(StoreError) {
        let body = try storedJSON(distillation)
        try write(.full) { () throws(StoreError) in
            try database.run("UPDATE jobs SET distillation = ? WHERE id = ?", .text(body), .number(job))
        }
    }

    /// Notes that a job has ended; one of which something runs or waits is left as it is.
    package func endJob(_ job: Int) throws(StoreError) {
        try write(.full) { () throws(StoreError) in
            try database.run(
                """
                UPDATE jobs SET ended_at = ? WHERE id = ? AND ended_at IS NULL AND NOT EXISTS (
                    SELECT 1 FROM trials WHERE job = jobs.id
                        AND phase IN ('queued', 'starting', 'agent', 'freezing', 'verifying'))
                """,
                .time(.now()),
                .number(job)
            )
        }
    }
}
