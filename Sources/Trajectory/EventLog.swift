package import Wire

extension Store {
    /// Stores an event as the trial's next one; only then may anybody hear of it.
    package func append(_ trial: String, _ body: TrialEvent.Body) throws(StoreError) -> TrialEvent {
        guard let event = try append(trial, bodies: [body]).first else { throw .damaged("an event was not numbered") }
        return event
    }

    /// Stores several events at once, in order, all or none of them.
    package func append(_ trial: String, bodies: [TrialEvent.Body]) throws(StoreError) -> [TrialEvent] {
        let state = try openTrial(trial)
        let events = Self.number(bodies, after: state.sequence)
        try write(.normal) { () throws(StoreError) in
            for event in events { try insert(event, trial: state.id) }
        }
        live[trial]?.sequence += events.count
        return events
    }

    /// Moves a trial to a phase that is not its last; the phase and its event are stored together.
    package func transition(_ trial: String, to phase: TrialPhase) throws(StoreError) -> TrialEvent {
        guard !phase.isTerminal else { throw .conflict("\(phase) ends a trial: it is stored with `finish`") }
        let state = try openTrial(trial)
        let event = TrialEvent(sequence: state.sequence + 1, at: .now(), body: .phase(phase))
        try write(.normal) { () throws(StoreError) in
            try database.run(
                "UPDATE trials SET phase = ?, started_at = coalesce(started_at, ?) WHERE id = ?",
                .text(phase.rawValue),
                phase == .queued ? .null : .time(event.at),
                .number(state.id)
            )
            try insert(event, trial: state.id)
        }
        live[trial]?.sequence = event.sequence
        live[trial]?.phase = phase
        return event
    }

    /// Ends a trial: verdict, exception and last phase are stored together, durable when this returns.
    ///
    /// Of several exceptions of a trial the first recorded is the one that counts, as in Harbor.
    package func finish(
        _ trial: String,
        phase: TrialPhase,
        verdict: Verdict? = nil,
        exception: TrialException? = nil
    ) throws(StoreError) -> [TrialEvent] {
        guard phase.isTerminal else { throw .conflict("\(phase) does not end a trial") }
        let state = try openTrial(trial)
        var bodies: [TrialEvent.Body] = []
        if let exception { bodies.append(.exception(exception)) }
        if let verdict { bodies.append(.verdict(verdict)) }
        bodies.append(.phase(phase))
        let events = Self.number(bodies, after: state.sequence)
        let verdictText = try verdict.map { verdict throws(StoreError) in try storedJSON(verdict) }
        try write(.full) { () throws(StoreError) in
            for event in events { try insert(event, trial: state.id) }
            if let verdict, let verdictText {
                try database.run(
                    "INSERT INTO verdicts (trial, outcome, reward, body, at) VALUES (?, ?, ?, ?, ?)",
                    .number(state.id),
                    .text(verdict.outcome.rawValue),
                    verdict.reward.map(SQLValue.real) ?? .null,
                    .text(verdictText),
                    .time(events.last?.at)
                )
            }
            try database.run(
                "UPDATE trials SET phase = ?, finished_at = ? WHERE id = ?",
                .text(phase.rawValue),
                .time(events.last?.at),
                .number(state.id)
            )
        }
        live[trial] = nil
        return events
    }

    /// Events from sequence number `from` on, at most `limit`.
    package func events(_ trial: String, from: Int = 1, limit: Int = .max) throws(StoreError) -> [TrialEvent] {
        let id = try known(
            trial,
            database.first("SELECT id FROM trials WHERE name = ?", .text(trial)) { row in
                row.int(0)
            }
        )
        return try database.rows(
            "SELECT sequence, at, body FROM events WHERE trial = ? AND sequence >= ? ORDER BY sequence LIMIT ?",
            .number(id),
            .number(from),
            .number(limit)
        ) { row throws(StoreError) in
            TrialEvent(sequence: row.int(0), at: row.time(1), body: try row.json(2, as: TrialEvent.Body.self))
        }
    }

    /// One action with its observation, by its number.
    package func action(_ trial: String, number: Int) throws(StoreError) -> ActionRecord {
        let body = try database.first(
            """
            SELECT e.body FROM trials t JOIN events e ON e.trial = t.id AND e.action = ?
            WHERE t.name = ? AND e.action IS NOT NULL
            """,
            .number(number),
            .text(trial)
        ) { row throws(StoreError) in try row.json(0, as: TrialEvent.Body.self) }
        guard case .action(let record) = body else { throw .notFound("action \(number) of trial \(trial)") }
        return record
    }

    /// Writes an event's row inside the caller's transaction; environment values stay behind.
    func insert(_ event: TrialEvent, trial id: Int) throws(StoreError) {
        var body = event.body
        let kind: String
        var action: Int?
        var phase: TrialPhase?
        switch body {
        case .phase: kind = "phase"
        case .actionStarted: kind = "actionStarted"
        case .note: kind = "note"
        case .verdict: kind = "verdict"
        case .exception(let exception):
            kind = "exception"
            try database.run(
                "UPDATE trials SET exception = coalesce(exception, ?) WHERE id = ?",
                .text(try storedJSON(exception)),
                .number(id)
            )
        case .action(var record):
            record.request = record.request.withoutEnvironmentValues
            body = .action(record)
            (kind, action, phase) = ("action", record.number, record.phase)
        }
        try database.run(
            "INSERT INTO events (trial, sequence, at, kind, action, phase, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            .number(id),
            .number(event.sequence),
            .time(event.at),
            .text(kind),
            .number(action),
            .optional(phase?.rawValue),
            .text(try storedJSON(body))
        )
    }

    /// The state of a trial that may still change.
    private func openTrial(_ trial: String) throws(StoreError) -> LiveTrial {
        if let state = live[trial] { return state }
        let state = try known(
            trial,
            database.first(
                """
                SELECT id, phase, (SELECT coalesce(max(sequence), 0) FROM events WHERE trial = trials.id)
                FROM trials WHERE name = ?
                """,
                .text(trial)
            ) { row throws(StoreError) in
                LiveTrial(id: row.int(0), phase: try row.word(1, as: TrialPhase.self), sequence: row.int(2))
            }
        )
        guard !state.phase.isTerminal else {
            throw .conflict("trial \(trial) is \(state.phase): its record is closed")
        }
        live[trial] = state
        return state
    }

    private static func number(_ bodies: [TrialEvent.Body], after last: Int) -> [TrialEvent] {
        let now = Timestamp.now()
        return bodies.enumerated().map { TrialEvent(sequence: last + 1 + $0.offset, at: now, body: $0.element) }
    }
}
