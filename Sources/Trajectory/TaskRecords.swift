package import Wire

/// A task as one user uploaded it, with what the admission gate said.
package struct TaskRecord: Codable, Sendable, Hashable {
    /// Harbor's digest, `sha256:…`.
    package var digest: String
    package var name: String
    /// Where the client found it.
    package var path: String
    package var warnings: [String]
    package var recordedAt: Timestamp
    package var gate: GateResult?
}

/// What the admission gate found: oracle earns full reward, nop earns none.
package struct GateResult: Codable, Sendable, Hashable {
    package var oracle: TrialSummary
    package var nop: TrialSummary
    package var admitted: Bool
    package var at: Timestamp

    package init(oracle: TrialSummary, nop: TrialSummary, admitted: Bool, at: Timestamp = .now()) {
        self.oracle = oracle
        self.nop = nop
        self.admitted = admitted
        self.at = at
    }
}

extension Store {
    /// Records that `owner` uploaded a task; again, it updates path and warnings and keeps the gate's result.
    package func recordTask(
        digest: String,
        name: String,
        path: String,
        warnings: [String],
        owner: UInt32
    ) throws(StoreError) {
        let warnings = try storedJSON(warnings)
        try write(.full) { () throws(StoreError) in
            try database.run(
                """
                INSERT INTO tasks (digest, owner, name, path, warnings, recorded_at) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET
                    name = excluded.name, path = excluded.path, warnings = excluded.warnings,
                    recorded_at = excluded.recorded_at
                """,
                .text(digest),
                .owner(owner),
                .text(name),
                .text(path),
                .text(warnings),
                .time(.now())
            )
        }
    }

    /// Stores the gate's result with the task's digest.
    package func recordGate(_ gate: GateResult, digest: String, owner: UInt32) throws(StoreError) {
        let (oracle, nop) = (try storedJSON(gate.oracle), try storedJSON(gate.nop))
        let changed = try write(.full) { () throws(StoreError) in
            try database.run(
                "UPDATE tasks SET oracle = ?, nop = ?, admitted = ?, gated_at = ? WHERE digest = ? AND owner = ?",
                .text(oracle),
                .text(nop),
                .flag(gate.admitted),
                .time(gate.at),
                .text(digest),
                .owner(owner)
            )
        }
        if changed == 0 { throw .notFound("task \(digest)") }
    }

    /// The record of `owner`'s upload of a task; nil when there was none.
    package func task(digest: String, owner: UInt32) throws(StoreError) -> TaskRecord? {
        try database.first(
            """
            SELECT digest, name, path, warnings, recorded_at, oracle, nop, admitted, gated_at
            FROM tasks WHERE digest = ? AND owner = ?
            """,
            .text(digest),
            .owner(owner)
        ) { row throws(StoreError) in
            var gate: GateResult?
            if let oracle = try row.optionalJSON(5, as: TrialSummary.self) {
                let nop = try row.json(6, as: TrialSummary.self)
                gate = GateResult(oracle: oracle, nop: nop, admitted: row.flag(7), at: row.time(8))
            }
            return TaskRecord(
                digest: row.text(0),
                name: row.text(1),
                path: row.text(2),
                warnings: try row.json(3, as: [String].self),
                recordedAt: row.time(4),
                gate: gate
            )
        }
    }
}
