package import Wire

extension Store {
    /// The newest trials first, and how many there are in all; nil for `visibleTo` sees everybody's.
    package func summaries(
        limit: Int = 50,
        phase: TrialPhase? = nil,
        job: String? = nil,
        visibleTo owner: UInt32?
    ) throws(StoreError) -> (trials: [TrialSummary], total: Int) {
        let condition = """
            WHERE (?1 IS NULL OR t.phase = ?1) AND (?2 IS NULL OR j.name = ?2) AND (?3 IS NULL OR t.owner = ?3)
            """
        let trials = try database.rows(
            "\(Self.summaryQuery) \(condition) ORDER BY t.id DESC LIMIT ?4",
            .optional(phase?.rawValue),
            .optional(job),
            .owner(owner),
            .number(max(0, limit)),
            read: Self.summary
        )
        let total = try database.first(
            "SELECT count(*) FROM trials t JOIN jobs j ON j.id = t.job \(condition)",
            .optional(phase?.rawValue),
            .optional(job),
            .owner(owner)
        ) { row in row.int(0) }
        return (trials, total ?? 0)
    }

    /// One row of the list.
    package func summary(_ trial: String) throws(StoreError) -> TrialSummary {
        try known(trial, database.first("\(Self.summaryQuery) WHERE t.name = ?", .text(trial), read: Self.summary))
    }

    /// Everything about a trial but its events.
    package func detail(_ trial: String) throws(StoreError) -> TrialDetail {
        let summary = try summary(trial)
        let stored = try database.first(
            """
            SELECT \(Self.configurationColumns), v.body, t.exception, t.frozen_layer, t.id, t.try_number,
                (SELECT p.name FROM trials p WHERE p.id = t.previous),
                (SELECT n.name FROM trials n WHERE n.previous = t.id), t.images
            FROM trials t JOIN jobs j ON j.id = t.job LEFT JOIN job_tasks k ON k.id = t.job_task
            LEFT JOIN verdicts v ON v.trial = t.id WHERE t.name = ?
            """,
            .text(trial)
        ) { row throws(StoreError) in
            (
                id: row.int(10),
                detail: TrialDetail(
                    summary: summary,
                    configuration: try Self.configuration(row).drawn(by: trial),
                    verdict: try row.optionalJSON(7, as: Verdict.self),
                    exception: try row.optionalJSON(8, as: TrialException.self),
                    phases: [],
                    hasFrozenLayer: !row.isNull(9),
                    jobTry: row.isNull(6)
                        ? nil
                        : TrialTry(
                            attempt: row.int(6),
                            number: row.int(11),
                            after: row.optionalText(12),
                            replacedBy: row.optionalText(13)
                        ),
                    images: try row.optionalJSON(14, as: TrialImages.self)
                )
            )
        }
        var (id, detail) = try known(trial, stored)
        detail.phases = try phases(trial: id)
        detail.steps = try steps(trial: id)
        let requests = try networkRequests(trial: id)
        detail.network = requests.isEmpty ? nil : [NetworkTarget](requests)
        return detail
    }

    /// The trial that `reference` names: exactly, or as the only one that begins or ends with it.
    package func resolve(_ reference: String, visibleTo owner: UInt32?) throws(StoreError) -> String {
        let exact = try database.first(
            "SELECT name FROM trials WHERE name = ?1 AND (?2 IS NULL OR owner = ?2)",
            .text(reference),
            .owner(owner)
        ) { row in row.text(0) }
        if let exact { return exact }
        guard !reference.isEmpty else { throw .notFound("trial ''") }
        let candidates = try database.rows(
            """
            SELECT name FROM trials
            WHERE (substr(name, 1, length(?1)) = ?1 OR substr(name, -length(?1)) = ?1) AND (?2 IS NULL OR owner = ?2)
            ORDER BY id DESC LIMIT 10
            """,
            .text(reference),
            .owner(owner)
        ) { row in row.text(0) }
        guard let only = candidates.first else { throw .notFound("trial '\(reference)'") }
        guard candidates.count == 1 else { throw .ambiguous(reference: reference, candidates: candidates) }
        return only
    }

    /// Names of the trials that count of a job, by its name or id, in submission order: of each attempt the last try.
    ///
    /// Empty when the caller sees no such job.
    package func trials(ofJob job: String, visibleTo owner: UInt32?) throws(StoreError) -> [String] {
        try database.rows(
            """
            SELECT t.name FROM trials t JOIN jobs j ON j.id = t.job
            WHERE (j.name = ?1 OR j.uuid = ?1) AND t.is_last = 1 AND (?2 IS NULL OR t.owner = ?2) ORDER BY t.id
            """,
            .text(job),
            .owner(owner)
        ) { row in row.text(0) }
    }

    /// Numbers and names of the newest trials before the one numbered `last`, but for those that repeat others for a distiller;
    /// nil for `visibleTo` sees everybody's.
    package func unrepeatedTrials(
        before last: Int?,
        limit: Int,
        visibleTo owner: UInt32?
    ) throws(StoreError) -> [(number: Int, name: String)] {
        try database.rows(
            """
            SELECT id, name FROM trials
            WHERE (?1 IS NULL OR owner = ?1) AND (?3 IS NULL OR id < ?3)
                AND CASE configuration WHEN '' THEN TRUE ELSE json_extract(configuration, '$.repeats') IS NULL END
            ORDER BY id DESC LIMIT ?2
            """,
            .owner(owner),
            .number(limit),
            last.map(SQLValue.number) ?? .null
        ) { row in (row.int(0), row.text(1)) }
    }

    /// Names of one user's trials of a task that ended with a verdict, by the task's name, the oldest first.
    package func finishedTrials(ofTask task: String, owner: UInt32, limit: Int) throws(StoreError) -> [String] {
        try database.rows(
            """
            SELECT name FROM (
                SELECT t.id, t.name FROM trials t JOIN verdicts v ON v.trial = t.id
                WHERE t.task = ? AND t.owner = ? AND t.phase = 'finished' ORDER BY t.id DESC LIMIT ?
            ) ORDER BY id
            """,
            .text(task),
            .owner(owner),
            .number(limit)
        ) { row in row.text(0) }
    }

    /// How many trials are in each phase.
    package func counts() throws(StoreError) -> [TrialPhase: Int] {
        let rows = try database.rows("SELECT phase, count(*) FROM trials GROUP BY phase") { row throws(StoreError) in
            (try row.word(0, as: TrialPhase.self), row.int(1))
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// A phase lasts until the next begins; the last one ends the trial and is no span of its own.
    private func phases(trial id: Int) throws(StoreError) -> [PhaseSpan] {
        let starts = try database.rows(
            "SELECT at, body FROM events WHERE trial = ? AND kind = 'phase' ORDER BY sequence",
            .number(id)
        ) { row throws(StoreError) in (row.time(0), try row.json(1, as: TrialEvent.Body.self)) }
        var spans: [PhaseSpan] = []
        for case (let time, .phase(let phase)) in starts {
            if let last = spans.indices.last { spans[last].finishedAt = time }
            if !phase.isTerminal { spans.append(PhaseSpan(phase: phase, startedAt: time)) }
        }
        return spans
    }

    private func networkRequests(trial id: Int) throws(StoreError) -> [NetworkRequest] {
        try database.rows(
            "SELECT body FROM events WHERE trial = ? AND kind = 'network' ORDER BY sequence",
            .number(id)
        ) { row throws(StoreError) in try row.json(0, as: TrialEvent.Body.self) }.compactMap { event in
            if case .network(let request) = event { request } else { nil }
        }
    }

    /// nil for a task without steps.
    private func steps(trial id: Int) throws(StoreError) -> [StepResult]? {
        let events = try database.rows(
            "SELECT body FROM events WHERE trial = ? AND kind IN ('stepStarted', 'stepEnded') ORDER BY sequence",
            .number(id)
        ) { row throws(StoreError) in try row.json(0, as: TrialEvent.Body.self) }
        guard !events.isEmpty else { return nil }
        return events.compactMap { event in if case .stepEnded(let result) = event { result } else { nil } }
    }

    private static let summaryQuery = """
        SELECT t.name, j.name, t.task, t.agent, t.phase, v.outcome, v.reward,
            (SELECT count(*) FROM events e WHERE e.trial = t.id AND e.action IS NOT NULL AND e.phase = 'agent'),
            t.submitted_at, t.started_at, t.finished_at, t.exception ->> 'type'
        FROM trials t JOIN jobs j ON j.id = t.job LEFT JOIN verdicts v ON v.trial = t.id
        """

    private static func summary(_ row: Row) throws(StoreError) -> TrialSummary {
        TrialSummary(
            trial: row.text(0),
            job: row.text(1),
            task: row.text(2),
            agent: row.text(3),
            phase: try row.word(4, as: TrialPhase.self),
            outcome: row.isNull(5) ? nil : try row.word(5, as: VerdictOutcome.self),
            reward: row.double(6),
            actions: row.int(7),
            submittedAt: row.time(8),
            startedAt: row.optionalTime(9),
            finishedAt: row.optionalTime(10),
            exception: row.optionalText(11)
        )
    }
}
