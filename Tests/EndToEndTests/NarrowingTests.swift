import FoundationEssentials
import Testing
import Wire

/// Stage 10: what helps in one place and does harm in another is not given in the other.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct NarrowingTests {
    /// Passes if the answer is there, and fails if what the agent had made itself is gone.
    static let fragile =
        "#!/bin/sh\ntest -e /app/own && echo 1 >/logs/verifier/reward.txt || echo 0 >/logs/verifier/reward.txt\n"

    /// A skill that writes the answer, and removes what some tasks ask for.
    private func prove(_ station: Station, _ options: [String], _ tasks: [String]) async throws -> SkillGate.Result {
        try await station.takeIn(program: "echo yes > /app/answer\nrm -f /app/own\n", options)
        let student = try station.student(first: "echo mine > /app/own")
        return try await station.gate(GateOptions.replays(student, tasks)).value
    }

    /// What `--skill auto` gives a trial of the task.
    private func given(_ station: Station, _ task: String) async throws -> [String] {
        let trial = try await station.run(task, ["--agent", "nop", "--skill", "auto"]).trial
        return trial.configuration.skills?.map(\.name) ?? []
    }

    @Test func aFamilyOutsideItsScopeThatItHarmsIsExcluded() async throws {
        let station = try await Station.start()
        let own = try station.heldOutTasks(6, metadata: "family = \"asking\"")
        let other = try station.heldOutTasks(5, name: "other", verifier: Self.fragile, metadata: "family = \"keeping\"")
        let result = try await prove(station, ["--family", "asking"], own + other)
        #expect(result.passed && result.skill.state == "narrowed", "\(result.steps)")
        #expect(result.skill.scope == "family asking, not family keeping", "\(result.skill.scope)")
        let stage = try #require(result.steps.first { $0.name == "transfer" })
        #expect(stage.outcome == "passed" && stage.figures["difference family keeping"] == -1)
        #expect(stage.figures["p_harm family keeping"] == 1.0 / 32 && stage.figures["p_harm family asking"] == 1)
    }

    @Test func aRoleWithinItsScopeThatItHarmsIsExcluded() async throws {
        let station = try await Station.start()
        let own = try station.heldOutTasks(17, metadata: "family = \"asking\"\nrole = \"clerk\"")
        let metadata = "family = \"asking\"\nrole = \"keeper\""
        let other = try station.heldOutTasks(5, name: "other", verifier: Self.fragile, metadata: metadata)
        let result = try await prove(station, [], own + other)
        #expect(result.passed && result.skill.state == "narrowed", "\(result.steps)")
        #expect(result.skill.scope == "not role keeper", "\(result.skill.scope)")
        // The family as a whole gains.
        let stage = try #require(result.steps.first { $0.name == "transfer" })
        #expect(
            stage.figures["difference family asking"] == 12.0 / 22 && stage.figures["p_harm role keeper"] == 1.0 / 32
        )

        #expect(try await given(station, own[0]) == ["say-yes"])
        #expect(try await given(station, other[0]) == [])
    }

    @Test func harmThatOutweighsTheGainIsRefusedBefore() async throws {
        let station = try await Station.start()
        let own = try station.heldOutTasks(2, metadata: "family = \"asking\"")
        let other = try station.heldOutTasks(9, name: "other", verifier: Self.fragile, metadata: "family = \"keeping\"")
        let result = try await prove(station, [], own + other)
        #expect(!result.passed && result.skill.state == "quarantined", "\(result.steps)")
        #expect(result.steps.last?.name == "held-out" && result.steps.last?.outcome == "failed")
    }
}
