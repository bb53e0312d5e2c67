package import Gate
import Trajectory
package import Wire

// The error budget's ledger; every call is one transaction, durable when it returns.
extension SkillLibrary {
    /// Takes the next test's share of the error budget: on disk before the test begins, so that no crash refunds it.
    ///
    /// `run` and `plan` are the gate's run and the digest of what it is to test. Where the version's newest test has the
    /// same plan and was cut off, it is that test that goes on: nothing more is spent, and its own run is returned.
    package func spend(
        alpha: Double,
        on reference: SkillReference,
        stage: GateStage,
        run: String? = nil,
        plan: String? = nil,
        at time: Timestamp = .now()
    ) throws(SkillLibraryError) -> BudgetSpending {
        try write { () throws in
            if let plan, let known = try newestCutOff(plan, on: reference, stage: stage) { return known }
            guard var budget = ErrorBudget(alpha: alpha, tested: try testsSoFar()) else {
                throw StoreError.unstorable("\(alpha) is no error budget: it must be between 0 and 1")
            }
            let share = budget.spend()
            try database.run(
                "INSERT INTO spendings (version, at, stage, alpha, share, run, plan) VALUES (?, ?, ?, ?, ?, ?, ?)",
                .number(try id(of: reference)),
                .time(time),
                .number(stage.number),
                .real(alpha),
                .real(share),
                .optional(run),
                .optional(plan)
            )
            return BudgetSpending(
                test: budget.tested,
                reference: reference,
                at: time,
                stage: stage,
                alpha: alpha,
                share: share,
                run: run
            )
        }
    }

    /// What is left of a budget after all tests of the library, whatever came of them.
    package func budget(alpha: Double) throws(SkillLibraryError) -> ErrorBudget? {
        try reading { ErrorBudget(alpha: alpha, tested: try testsSoFar()) }
    }

    private func testsSoFar() throws(StoreError) -> Int {
        try database.first("SELECT count(*) FROM spendings") { row in row.int(0) } ?? 0
    }

    /// The newest spending of a version at a stage; nil where it was not tested there.
    package func spending(
        on reference: SkillReference,
        stage: GateStage
    ) throws(SkillLibraryError) -> BudgetSpending? {
        try reading { try newest(on: reference, stage: stage)?.spending }
    }

    /// The newest test of a version at a stage, if it is to test the same and was cut off; nil where a test begins anew.
    ///
    /// One whose run came to an end is over, even where another stage ended it.
    package func cutOffTest(
        _ plan: String,
        on reference: SkillReference,
        stage: GateStage
    ) throws(SkillLibraryError) -> BudgetSpending? {
        try reading { try newestCutOff(plan, on: reference, stage: stage) }
    }

    private func newestCutOff(_ plan: String, on reference: SkillReference, stage: GateStage) throws -> BudgetSpending?
    {
        guard let (spending, known) = try newest(on: reference, stage: stage), known == plan, let run = spending.run
        else { return nil }
        // Of what the stage let through, the run goes on to the stages behind it.
        let ends = try decisions(on: reference.skill).contains {
            $0.reference == reference && $0.run == run && $0.decision.stage.number >= stage.number
                && (!$0.decision.goesOn || $0.decision.stage == .active)
        }
        return ends ? nil : spending
    }

    private func newest(
        on reference: SkillReference,
        stage: GateStage
    ) throws -> (spending: BudgetSpending, plan: String?)? {
        try database.first(
            """
            SELECT id, at, alpha, share, run, plan FROM spendings WHERE version = ? AND stage = ?
            ORDER BY id DESC LIMIT 1
            """,
            .number(try id(of: reference)),
            .number(stage.number)
        ) { row in
            let spending = BudgetSpending(
                test: row.int(0),
                reference: reference,
                at: row.time(1),
                stage: stage,
                alpha: row.double(2) ?? 0,
                share: row.double(3) ?? 0,
                run: row.optionalText(4)
            )
            return (spending, row.optionalText(5))
        }
    }
}
