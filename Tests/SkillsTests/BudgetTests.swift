import Gate
import Testing
import Trajectory
import Wire

@testable import Skills

/// The error budget's ledger: a test spends its share once, even when it is cut off and goes on.
@Suite struct BudgetTests {
    private let place: TemporaryDirectory
    private let library: SkillLibrary
    private let reference: SkillReference

    init() async throws {
        place = try TemporaryDirectory()
        library = try SkillLibrary.open(path: place.path + "/skills.db")
        reference = try await library.add(.sample(), .sample(), actor: "a").reference
    }

    private func spend(_ plan: String?, run: String, alpha: Double = 0.05) async throws -> BudgetSpending {
        try await library.spend(alpha: alpha, on: reference, stage: .heldOut, run: run, plan: plan)
    }

    private func decide(_ stage: GateStage, _ outcome: GateDecision.Outcome, run: String) async throws {
        try await library.record(GateDecision(stage, outcome, "so"), on: reference, run: run, actor: "gate")
    }

    @Test func aTestThatWasCutOffGoesOnWithItsShare() async throws {
        let first = try await spend("plan", run: "r1")
        #expect(first.run == "r1" && first.test == 1)
        // What the stages before it said, whenever they were asked, does not end it.
        try await decide(.sourceReplay, .failed, run: "r1")
        try await decide(.heldOut, .failed, run: "r0")
        #expect(try await library.cutOffTest("plan", on: reference, stage: .heldOut) == first)
        #expect(try await spend("plan", run: "r2") == first)
        #expect(try await library.budget(alpha: 0.05)?.tested == 1)
    }

    @Test func anotherPlanSpendsItsOwnShareAndGivesNothingBack() async throws {
        let first = try await spend("plan", run: "r1")
        let other = try await spend("other", run: "r2")
        #expect(other.run == "r2" && other.test == 2 && other.share < first.share)
        // The newest only: who could go back to an earlier one would choose between what both came to.
        #expect(try await library.cutOffTest("plan", on: reference, stage: .heldOut) == nil)
        #expect(try await spend("plan", run: "r3").test == 3)
        #expect(try await library.cutOffTest("plan", on: reference, stage: .canary) == nil)
        let next = try await library.add(.sample(body: "Look.\n"), .sample(), actor: "a").reference
        #expect(try await library.cutOffTest("plan", on: next, stage: .heldOut) == nil, "another version")
    }

    @Test(arguments: [(GateStage.heldOut, GateDecision.Outcome.failed), (.heldOut, .waiting), (.active, .passed)])
    func aRunThatCameToAnEndIsOver(_ stage: GateStage, _ outcome: GateDecision.Outcome) async throws {
        _ = try await spend("plan", run: "r1")
        try await decide(stage, outcome, run: "r1")
        #expect(try await library.cutOffTest("plan", on: reference, stage: .heldOut) == nil)
        #expect(try await spend("plan", run: "r2").test == 2)
    }

    @Test func whatWasLetThroughGoesOnToTheStagesBehind() async throws {
        let first = try await spend("plan", run: "r1")
        try await decide(.heldOut, .passed, run: "r1")
        #expect(try await spend("plan", run: "r2") == first)
        try await decide(.transfer, .passed, run: "r1")
        try await decide(.canary, .skipped, run: "r1")
        #expect(try await spend("plan", run: "r2") == first)
    }

    @Test func whatHasNoPlanIsNotTakenUp() async throws {
        _ = try await spend(nil, run: "r1")
        #expect(try await spend(nil, run: "r2").test == 2)
        #expect(try await spend("plan", run: "r3").test == 3)
    }

    /// A library of the second schema, as it was before tests had plans.
    @Test func whatWasSpentBeforeStaysSpent() async throws {
        let path = place.path + "/old.db"
        do {
            let old = try Database(path: path)
            try Migrations.apply(to: old, Array(SkillLibrarySchema.migrations.prefix(2)))
            try old.execute(
                """
                INSERT INTO versions VALUES (1, 'csv-clean', 1, 'sha256:1', '{}', 0);
                INSERT INTO spendings VALUES (1, 1, 7, 9, 0.05, 0.03);
                """
            )
        }
        let library = try SkillLibrary.open(path: path)
        let reference = SkillReference("csv-clean", 1)
        let known = try #require(try await library.spending(on: reference, stage: .heldOut))
        #expect(known.test == 1 && known.share == 0.03 && known.at.milliseconds == 7 && known.run == nil)
        let next = try await library.spend(alpha: 0.05, on: reference, stage: .heldOut, run: "r1", plan: "plan")
        #expect(next.test == 2 && next.run == "r1")
    }
}
