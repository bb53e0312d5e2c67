import FoundationEssentials
package import Wire

/// What an acknowledged submission is called.
package struct Submission: Sendable, Hashable {
    package var trial: String
    package var job: String
    /// The trial's first event, `phase(queued)`.
    package var event: TrialEvent
}

/// A trial that waits for its turn after a restart.
package struct QueuedTrial: Sendable, Hashable {
    package var trial: String
    package var job: String
    package var owner: UInt32
    package var configuration: TrialConfiguration
    /// The submission had values that are never stored (templates, environment): it cannot be run again as it was asked.
    package var valuesWithheld: Bool
    /// Its job when that was made as a whole.
    package var planned: PlannedJob?
}

extension Store {
    /// Queues a trial; once this returns, the submission survives the loss of power.
    ///
    /// Environment values of replayed actions are stored as empty strings, their names remain. `withholdsValues` tells
    /// that the submission came with other values that are not part of the configuration (resolved templates).
    package func submit(
        _ configuration: TrialConfiguration,
        owner: UInt32,
        job: String?,
        withholdsValues: Bool = false
    ) throws(StoreError) -> Submission {
        let stored = configuration.withoutEnvironmentValues
        let text = try storedJSON(stored)
        let now = Timestamp.now()
        let first = try EventRow(.phase(.queued))
        return try write(.full) { () throws(StoreError) in
            let jobName = job ?? Self.jobName(at: now)
            let jobID = try jobID(jobName, owner: owner, at: now)
            let name = try unusedTrialName(task: configuration.taskName)
            try database.run(
                """
                INSERT INTO trials
                    (name, uuid, job, owner, task, agent, configuration, values_withheld, phase, submitted_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)
                """,
                .text(name),
                .text(UUID().uuidString.lowercased()),
                .number(jobID),
                .owner(owner),
                .text(configuration.taskName),
                .text(configuration.agent.displayName),
                .text(text),
                .flag(withholdsValues || stored != configuration),
                .time(now)
            )
            guard let id = try database.first("SELECT last_insert_rowid()", read: { row in row.int(0) }) else {
                throw .damaged("the new trial has no row")
            }
            let events = try insert([first], trial: LiveTrial(id: id, phase: .queued, sequence: 0))
            guard let event = events.first else { throw .damaged("an event was not numbered") }
            return Submission(trial: name, job: jobName, event: event)
        }
    }

    /// At start: ends the trials that a crash cut off, with an event each; the queued ones stay queued.
    package func interruptUnfinished() throws(StoreError) -> [String] {
        let cutOff = try database.rows(
            """
            SELECT name FROM trials
            WHERE phase NOT IN ('queued', 'finished', 'cancelled', 'interrupted', 'errored') ORDER BY id
            """
        ) { row in row.text(0) }
        for trial in cutOff {
            let note = "The daemon ended while this trial ran; it was found unfinished at the next start."
            _ = try finish(trial, phase: .interrupted, note: note)
        }
        return cutOff
    }

    /// Notes what a trial runs on.
    package func setImages(_ trial: String, _ images: TrialImages) throws(StoreError) {
        let text = try storedJSON(images)
        let changed = try write(.normal) { () throws(StoreError) in
            try database.run("UPDATE trials SET images = ? WHERE name = ?", .text(text), .text(trial))
        }
        if changed == 0 { throw .notFound("trial \(trial)") }
    }

    /// Notes where the agent's frozen layer lies; nil when it was removed.
    ///
    /// Durable with the verdict.
    package func setFrozenLayer(_ trial: String, path: String?) throws(StoreError) {
        let changed = try write(.normal) { () throws(StoreError) in
            try database.run("UPDATE trials SET frozen_layer = ? WHERE name = ?", .optional(path), .text(trial))
        }
        if changed == 0 { throw .notFound("trial \(trial)") }
    }

    /// Where the agent's frozen layer lies, if it was kept.
    package func frozenLayer(_ trial: String) throws(StoreError) -> String? {
        let path = try database.first("SELECT frozen_layer FROM trials WHERE name = ?", .text(trial)) { row in
            row.optionalText(0)
        }
        return try known(trial, path)
    }

    /// The uid that submitted the trial.
    package func owner(_ trial: String) throws(StoreError) -> UInt32 {
        try known(
            trial,
            database.first("SELECT owner FROM trials WHERE name = ?", .text(trial)) { row in
                UInt32(row.int(0))
            }
        )
    }

    func known<T>(_ trial: String, _ value: T?) throws(StoreError) -> T {
        guard let value else { throw .notFound("trial \(trial)") }
        return value
    }

    func jobID(_ name: String, owner: UInt32, at time: Timestamp) throws(StoreError) -> Int {
        try database.run(
            "INSERT INTO jobs (uuid, owner, name, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            .text(UUID().uuidString.lowercased()),
            .owner(owner),
            .text(name),
            .time(time)
        )
        let row = try database.first(
            "SELECT id, plan IS NOT NULL FROM jobs WHERE owner = ? AND name = ?",
            .owner(owner),
            .text(name)
        ) { row in (id: row.int(0), isPlanned: row.flag(1)) }
        guard let row else { throw .damaged("the job \(name) has no row") }
        guard !row.isPlanned else {
            throw .conflict("job '\(name)' was made as a whole and takes no further trials: choose another name")
        }
        return row.id
    }

    func unusedTrialName(task: String) throws(StoreError) -> String {
        while true {
            let name = TrialName.make(task: task)
            let taken = try database.first("SELECT 1 FROM trials WHERE name = ?", .text(name)) { _ in true }
            if taken == nil { return name }
        }
    }

    /// Harbor's `YYYY-MM-DD__HH-MM-SS`, with a random end: two submissions of one second are two jobs.
    static func jobName(at time: Timestamp) -> String {
        let parts = time.description.prefix(19).split(separator: "T")
        let clock = parts.last.map { $0.split(separator: ":").joined(separator: "-") } ?? ""
        return "\(parts.first ?? "")__\(clock)__\(TrialName.suffix())"
    }
}

extension TrialConfiguration {
    /// The same with the environment values of replayed actions emptied.
    var withoutEnvironmentValues: TrialConfiguration {
        var copy = self
        copy.agent.actions = agent.actions.map(\.withoutEnvironmentValues)
        return copy
    }
}

extension ActionRequest {
    /// The same with each environment value replaced by the empty string: names are recorded, values may be secrets.
    var withoutEnvironmentValues: ActionRequest {
        var copy = self
        copy.environment = environment.mapValues { _ in "" }
        return copy
    }
}
