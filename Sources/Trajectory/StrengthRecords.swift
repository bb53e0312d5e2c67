package import Wire

extension Store {
    /// Keeps a measurement with the task's digest; earlier ones stay.
    package func recordStrength(_ strength: TaskStrength, owner: UInt32) throws(StoreError) {
        let body = try storedJSON(strength)
        try write(.full) { () throws(StoreError) in
            try database.run(
                "INSERT INTO task_strengths (digest, owner, strength, body, at) VALUES (?, ?, ?, ?, ?)",
                .text(strength.digest),
                .owner(owner),
                .real(strength.strength),
                .text(body),
                .time(strength.measuredAt)
            )
        }
    }

    /// The newest measurement that `owner` may see; its trials are theirs, too.
    package func strength(digest: String, visibleTo owner: UInt32?) throws(StoreError) -> TaskStrength? {
        try database.first(
            """
            SELECT body FROM task_strengths WHERE digest = ?1 AND (?2 IS NULL OR owner = ?2) ORDER BY id DESC LIMIT 1
            """,
            .text(digest),
            .owner(owner)
        ) { row throws(StoreError) in try row.json(0, as: TaskStrength.self) }
    }

    /// The newest score of a task's verifier, whoever measured it; nil when nobody has.
    package func strength(ofTask digest: String) throws(StoreError) -> Double? {
        let newest = try database.first(
            "SELECT strength FROM task_strengths WHERE digest = ? ORDER BY id DESC LIMIT 1",
            .text(digest)
        ) { row in row.double(0) }
        return newest ?? nil
    }
}
