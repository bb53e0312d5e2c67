package import Gate
import Trajectory
package import Wire

// What the gate writes down; every call is one transaction, durable when it returns.
extension SkillLibrary {
    /// Adds a decision to a version's record.
    package func record(
        _ decision: GateDecision,
        on reference: SkillReference,
        run: String,
        actor: String,
        at time: Timestamp = .now()
    ) throws(SkillLibraryError) {
        try write { () throws in
            try database.run(
                """
                INSERT INTO decisions (version, run, at, actor, stage, outcome, body) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                .number(try id(of: reference)),
                .text(run),
                .time(time),
                .text(actor),
                .number(decision.stage.number),
                .text(decision.outcome.rawValue),
                .text(try storedJSON(decision))
            )
        }
    }

    /// Every decision on a skill's versions, the oldest first; none where the gate was never asked.
    package func decisions(on skill: String) throws(SkillLibraryError) -> [RecordedDecision] {
        try reading {
            try database.rows(
                """
                SELECT d.id, v.skill, v.version, d.run, d.at, d.actor, d.body FROM decisions d
                JOIN versions v ON v.id = d.version WHERE v.skill = ? ORDER BY d.id
                """,
                .text(skill)
            ) { row throws(StoreError) in
                RecordedDecision(
                    number: row.int(0),
                    reference: SkillReference(row.text(1), row.int(2)),
                    run: row.text(3),
                    at: row.time(4),
                    actor: row.text(5),
                    decision: try row.json(6, as: GateDecision.self)
                )
            }
        }
    }

    /// The newest decision on a version at each stage, in the order of the stages.
    package func lastDecisions(on reference: SkillReference) throws(SkillLibraryError) -> [RecordedDecision] {
        let own = try decisions(on: reference.skill).filter { $0.reference == reference }
        return GateStage.allCases.compactMap { stage in own.last { $0.decision.stage == stage } }
    }

    /// Notes a pair; false when one of its trials is in a pair of this version already.
    @discardableResult
    package func record(
        _ pair: TrialPair,
        of reference: SkillReference,
        at time: Timestamp = .now()
    ) throws(SkillLibraryError) -> Bool {
        try write { () throws in
            try database.run(
                """
                INSERT INTO pairs (version, at, source, task, with_trial, without_trial, passed_with, passed_without)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
                .number(try id(of: reference)),
                .time(time),
                .text(pair.source.rawValue),
                .text(pair.task),
                .text(pair.with),
                .text(pair.without),
                .flag(pair.passedWith),
                .flag(pair.passedWithout)
            ) == 1
        }
    }

    /// The pairs of a version, the oldest first; of one source, or all.
    package func pairs(
        of reference: SkillReference,
        source: TrialPair.Source? = nil
    ) throws(SkillLibraryError) -> [TrialPair] {
        try reading {
            try database.rows(
                """
                SELECT source, task, with_trial, without_trial, passed_with, passed_without FROM pairs
                WHERE version = ?1 AND (?2 IS NULL OR source = ?2) ORDER BY id
                """,
                .number(try id(of: reference)),
                .optional(source?.rawValue)
            ) { row throws(StoreError) in
                TrialPair(
                    source: try row.word(0, as: TrialPair.Source.self),
                    task: row.text(1),
                    with: row.text(2),
                    without: row.text(3),
                    passedWith: row.flag(4),
                    passedWithout: row.flag(5)
                )
            }
        }
    }

    /// What a version did to a trial that was given it; nil where no pair tells.
    package func credit(of reference: SkillReference, in trial: String) throws(SkillLibraryError) -> SkillUse.Credit? {
        try uses(of: reference).last { $0.trial == trial }?.credit
    }

    /// What is known of the trials that were given a version, in the order of their first mention.
    package func uses(of reference: SkillReference) throws(SkillLibraryError) -> [SkillUse] {
        try reading {
            try database.rows(
                """
                SELECT trial, opened, followed, credit FROM uses
                WHERE id IN (SELECT max(id) FROM uses WHERE version = ? GROUP BY trial) ORDER BY id
                """,
                .number(try id(of: reference))
            ) { row throws(StoreError) in
                SkillUse(
                    trial: row.text(0),
                    opened: row.flag(1),
                    followed: row.flag(2),
                    credit: row.isNull(3) ? nil : try row.word(3, as: SkillUse.Credit.self)
                )
            }
        }
    }
}
