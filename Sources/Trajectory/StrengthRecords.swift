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

    /// The least that anybody measured of a task's verifier; nil when nobody has.
    ///
    /// Who wants a verifier to look strong may measure it until a seed finds nothing: one measurement that found a way
    /// through outweighs all that did not, and a verifier that was mended has another digest. One that tried no mutation
    /// shows weakness only: what did not pass then was hardly an answer.
    package func strength(ofTask digest: String) throws(StoreError) -> Double? {
        let least = try database.first(
            """
            SELECT min(strength) FROM task_strengths WHERE digest = ?1 AND (strength < ?2 OR EXISTS (
                SELECT 1 FROM json_each(body, '$.kinds') WHERE value ->> 'kind' = ?3
            ))
            """,
            .text(digest),
            .real(TaskStrength.leastTrusted),
            .text(VerifierAttack.Kind.mutatedOracle.rawValue)
        ) { row in row.isNull(0) ? nil : row.double(0) }
        return least ?? nil
    }
}
