import FoundationEssentials
import Testing
import Wire

/// Versions that are served: pairs of jobs audit them, and `curate` acts on what the audits say.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct AuditTests {
    /// Compares two jobs on the tasks, with the version that is served and without.
    private func audit(
        _ station: Station,
        _ tasks: [String],
        number: Int = 1
    ) async throws -> (value: SkillGate.Result, status: Int) {
        let student = try station.student(first: "echo yes > /app/answer; echo mine > /app/own")
        let agent = ["--agent", "replay", "--replay", student]
        let (with, without) = ("with-\(number)", "without-\(number)")
        _ = try await station.control(["job", "run", "--name", with, "--skill", "say-yes"] + agent + tasks)
        _ = try await station.control(["job", "run", "--name", without] + agent + tasks)
        return try await station.gate(["--with", with, "--without", without])
    }

    private func serve(_ station: Station, program: String, _ options: [String] = []) async throws {
        try await station.takeIn(program: program, options)
        let promoted = try await station.control(["skill", "promote", "say-yes@1", "-m", "reviewed"])
        try #require(promoted.status == 0, "\(promoted.errors)")
    }

    private func curate(_ station: Station) async throws -> [SkillDistill.Proposal] {
        try await station.json(SkillDistill.Result.self, ["distill", "--plugin", "curate"]).value.proposals
    }

    @Test func anAuditThatShowsHarmTakesItFromTrials() async throws {
        let station = try await Station.start()
        try await serve(station, program: "echo no > /app/answer\n")
        let audit = try await audit(station, try station.heldOutTasks(5))
        #expect(audit.status == 4 && audit.value.skill.state == "quarantined", "\(audit.value.steps)")
        #expect(audit.value.steps.map(\.stage) == [12] && audit.value.steps[0].figures["regressions"] == 5)
    }

    /// A pair is evidence once, whichever jobs it is named with.
    @Test func anAuditLooksAtNewPairsOnly() async throws {
        let station = try await Station.start()
        try await serve(station, program: "true\n")
        let agent = ["--agent", "replay", "--replay", try station.student(first: "echo yes > /app/answer")]
        let tasks = try station.heldOutTasks(4)
        let jobs = [("with", ["--skill", "say-yes"], 4), ("three", [], 3), ("four", [], 4)]
        for (name, skill, count) in jobs {
            _ = try await station.control(["job", "run", "--name", name] + skill + agent + tasks.prefix(count))
        }
        let first = try await station.gate(["--with", "with", "--without", "three"]).value.steps
        #expect(first.first?.figures["tasks"] == 3, "\(first)")
        let second = try await station.gate(["--with", "with", "--without", "four"]).value.steps
        #expect(second.first?.figures["tasks"] == 1, "\(second)")
        #expect(second.first?.reason.contains("3 pairs were looked at before") == true, "\(second)")
    }

    @Test func threeAuditsThatMissNothingRetireIt() async throws {
        let station = try await Station.start()
        try await serve(station, program: "true\n")
        let tasks = try station.heldOutTasks(10)
        for number in 1...3 {
            #expect(try await curate(station).isEmpty, "\(number - 1) audits are too few")
            let audit = try await audit(station, tasks, number: number)
            #expect(audit.status == 0 && audit.value.skill.state == "active", "\(audit.value.steps)")
            let again = try await station.control(
                ["skill", "gate", "say-yes", "--with", "with-\(number)", "--without", "without-\(number)"]
            )
            #expect(again.status == 1 && again.errors.contains("compared before"), "\(again.errors)")
        }
        let proposals = try await curate(station)
        #expect(proposals.map(\.operation) == ["retire"] && proposals[0].rationale.hasPrefix("3 audits in a row"))
        #expect(try await station.skillRow("say-yes@1").state == "deprecated")
    }

    @Test func aRoleThatItFailsInIsTakenFromItsScopeAndNothingIsAdded() async throws {
        let station = try await Station.start()
        try await serve(station, program: "rm -f /app/own\n", ["--family", "asking"])
        let clerks = try station.heldOutTasks(3, metadata: "family = \"asking\"\nrole = \"clerk\"")
        let keepers = try station.heldOutTasks(
            3,
            name: "kept",
            verifier: NarrowingTests.fragile,
            metadata: "family = \"asking\"\nrole = \"keeper\""
        )
        let audit = try await audit(station, clerks + keepers)
        #expect(audit.value.skill.state == "active", "three tasks are too few to call it harm: \(audit.value.steps)")
        #expect(try await curate(station).map(\.operation) == ["narrow"])
        let row = try await station.skillRow("say-yes@1")
        #expect(row.state == "narrowed" && row.scope == "family asking, not role keeper", "\(row)")
        let again = try await curate(station)
        #expect(again.allSatisfy { $0.refused?.contains("not before") == true }, "\(again)")
    }
}
