import Synchronization
package import Wire

extension Store {
    /// Stores an event as the trial's next one; only then may anybody hear of it.
    ///
    /// What is returned is what was stored: without environment values.
    package nonisolated func append(
        _ trial: String,
        _ body: TrialEvent.Body
    ) async throws(StoreError) -> TrialEvent {
        guard let event = try await append(trial, bodies: [body]).first else {
            throw .damaged("an event was not numbered")
        }
        return event
    }

    /// Stores several events at once, in order, all or none of them.
    package nonisolated func append(
        _ trial: String,
        bodies: [TrialEvent.Body]
    ) async throws(StoreError) -> [TrialEvent] {
        var rows: [EventRow] = []
        for body in bodies { rows.append(try EventRow(body)) }
        return try await enqueue(rows, of: trial).get()
    }

    /// Waits until the events are committed, together with those of the callers that stand in line at that time.
    ///
    /// Outside the actor: a call of it would go through its queue once more before and after.
    private nonisolated func enqueue(_ rows: [EventRow], of trial: String) async -> Result<[TrialEvent], StoreError> {
        await withCheckedContinuation { done in
            let isFirst = waiting.withLock { waiting in
                waiting.append(WaitingEvents(trial: trial, rows: rows, done: done))
                return waiting.count == 1
            }
            if isFirst { executor.run { self.assumeIsolated { $0.commitWaiting() } } }
        }
    }

    /// Commits the events that wait; when a row fails, each caller's events are tried by themselves.
    private func commitWaiting() {
        let batch = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        do throws(StoreError) {
            for (waiter, result) in zip(batch, try commit(batch)) { waiter.done.resume(returning: result) }
        } catch {
            guard batch.count > 1 else { return batch.forEach { $0.done.resume(returning: .failure(error)) } }
            for waiter in batch {
                do throws(StoreError) {
                    waiter.done.resume(returning: try commit([waiter]).first ?? .success([]))
                } catch {
                    waiter.done.resume(returning: .failure(error))
                }
            }
        }
    }

    /// One transaction; a trial that takes no more events fails alone, a failing row fails all.
    private func commit(_ batch: [WaitingEvents]) throws(StoreError) -> [Result<[TrialEvent], StoreError>] {
        var before: [String: LiveTrial] = [:]
        do throws(StoreError) {
            return try write(.normal) { () throws(StoreError) in
                var results: [Result<[TrialEvent], StoreError>] = []
                for waiter in batch {
                    let state: LiveTrial
                    do throws(StoreError) {
                        state = try openTrial(waiter.trial)
                    } catch {
                        results.append(.failure(error))
                        continue
                    }
                    if before[waiter.trial] == nil { before[waiter.trial] = state }
                    results.append(.success(try insert(waiter.rows, trial: state)))
                    live[waiter.trial]?.sequence += waiter.rows.count
                }
                return results
            }
        } catch {
            for (trial, state) in before { live[trial] = state }
            throw error
        }
    }

    /// Moves a trial to a phase that is not its last; the phase and its event are stored together.
    package func transition(_ trial: String, to phase: TrialPhase) throws(StoreError) -> TrialEvent {
        guard !phase.isTerminal else { throw .conflict("\(phase) ends a trial: it is stored with `finish`") }
        let state = try openTrial(trial)
        let row = try EventRow(.phase(phase))
        let events = try write(.normal) { () throws(StoreError) in
            try database.run(
                "UPDATE trials SET phase = ?, started_at = coalesce(started_at, ?) WHERE id = ?",
                .text(phase.rawValue),
                phase == .queued ? .null : .time(row.at),
                .number(state.id)
            )
            return try insert([row], trial: state)
        }
        live[trial]?.sequence += 1
        live[trial]?.phase = phase
        guard let event = events.first else { throw .damaged("an event was not numbered") }
        return event
    }

    /// Ends a trial: note, exception, verdict and last phase are stored together, durable when this returns.
    ///
    /// Of several exceptions of a trial the first recorded is the one that counts, as in Harbor.
    package func finish(
        _ trial: String,
        phase: TrialPhase,
        verdict: Verdict? = nil,
        exception: TrialException? = nil,
        note: String? = nil
    ) throws(StoreError) -> [TrialEvent] {
        guard phase.isTerminal else { throw .conflict("\(phase) does not end a trial") }
        let state = try openTrial(trial)
        var rows: [EventRow] = []
        if let note { rows.append(try EventRow(.note(note))) }
        if let exception { rows.append(try EventRow(.exception(exception))) }
        if let verdict { rows.append(try EventRow(.verdict(verdict))) }
        let last = try EventRow(.phase(phase))
        rows.append(last)
        let verdictText = try verdict.map { verdict throws(StoreError) in try storedJSON(verdict) }
        let events = try write(.full) { () throws(StoreError) in
            let events = try insert(rows, trial: state, isEnd: true)
            if let verdict, let verdictText {
                try database.run(
                    "INSERT INTO verdicts (trial, outcome, reward, body, at) VALUES (?, ?, ?, ?, ?)",
                    .number(state.id),
                    .text(verdict.outcome.rawValue),
                    verdict.reward.map(SQLValue.real) ?? .null,
                    .text(verdictText),
                    .time(last.at)
                )
            }
            try database.run(
                "UPDATE trials SET phase = ?, finished_at = ? WHERE id = ?",
                .text(phase.rawValue),
                .time(last.at),
                .number(state.id)
            )
            return events
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

    /// Writes rows inside the caller's transaction, numbered from the trial's next sequence number on.
    @discardableResult
    func insert(_ rows: [EventRow], trial: LiveTrial, isEnd: Bool = false) throws(StoreError) -> [TrialEvent] {
        var events: [TrialEvent] = []
        for row in rows {
            let sequence = trial.sequence + events.count + 1
            if let exception = row.exception {
                // What goes wrong with the agent in a step is that step's.
                try database.run(
                    """
                    UPDATE trials SET exception = coalesce(exception, ?) WHERE id = ?
                        AND (? OR NOT EXISTS (SELECT 1 FROM events WHERE trial = trials.id AND kind = 'stepStarted'))
                    """,
                    .text(exception),
                    .number(trial.id),
                    .number(isEnd ? 1 : 0)
                )
            }
            try database.run(
                "INSERT INTO events (trial, sequence, at, kind, action, phase, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
                .number(trial.id),
                .number(sequence),
                .time(row.at),
                .text(row.kind),
                .number(row.action),
                .optional(row.phase?.rawValue),
                .text(row.text)
            )
            events.append(TrialEvent(sequence: sequence, at: row.at, body: row.body))
        }
        return events
    }

    /// The state of a trial that may still change.
    func openTrial(_ trial: String) throws(StoreError) -> LiveTrial {
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
}
