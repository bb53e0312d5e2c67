import FoundationEssentials
import Testing
import Wire

/// Versions that claim to say the same in fewer words: held against what is served, and never called an improvement.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct RefactoringTests {
    private static let text = """
        ## Talk

        There was a time when answers were given by word of mouth, and nobody wrote them down; now they are written, and \
        it is well that they are, for what is written stays. All of this may be known to whoever reads it.

        ## Work

        Say yes.
        """

    /// A distiller that looks at the library alone and proposes these edits of the version that is served.
    private func distiller(_ station: Station, edits: String, predicts: String) async throws -> String {
        let digest = try await station.skillRow("say-yes@1").digest
        let program = """
            #!/bin/sh
            if [ "$1" = --describe ]; then
                echo '{"name": "shorten", "version": "1", "capabilities": {"needs_model": false, "needs_raw": false, \
            "ops": ["revise"], "min_trajectories": 0, "deterministic": true}}'
                exit
            fi
            id=$(sed 's/.*"request_id":"\\([^"]*\\)".*/\\1/')
            echo '{"schema": "executord.distill.response/1", "request_id": "'$id'", \
            "plugin": {"name": "shorten", "version": "1"}, "proposals": [{"id": "p1", "op": "revise", "skills": ["say-yes"], \
            "base": {"say-yes": "\(digest)"}, "predicts": \(predicts), "edits": [\(edits)]}]}'
            """
        return try station.scratch.write("shorten-\(UInt32.random(in: 0 ... .max))", program, mode: 0o755)
    }

    private func propose(
        _ station: Station,
        _ edits: String,
        predicts: String = Self.same
    ) async throws -> SkillDistill.Proposal {
        let program = try await distiller(station, edits: edits, predicts: predicts)
        let arguments = ["distill", "--plugin", "exec", "--program", program]
        return try #require(try await station.json(SkillDistill.Result.self, arguments).value.proposals.first)
    }

    private static let same = #"{"metric": "pass", "direction": "same", "tokens_delta": -60}"#
    private static let talk =
        #"{"file": "SKILL.md", "op": "delete_section", "target_section": "Talk", "evidence": ["skill:say-yes@1"]}"#
    private static let work = #"""
        {"file": "SKILL.md", "op": "delete_section", "target_section": "Work", "evidence": ["skill:say-yes@1"]}, \#
        {"file": "scripts/answer.sh", "op": "delete_file", "evidence": ["skill:say-yes@1"]}
        """#

    @Test func theSameInFewerWordsIsHeldAgainstWhatIsServed() async throws {
        let station = try await Station.start()
        try await station.takeIn(program: "echo yes > /app/answer\n", text: Self.text)
        _ = try await station.control(["skill", "promote", "say-yes@1", "-m", "reviewed"])
        let options = GateOptions.replays(try station.student(), try station.heldOutTasks(6))

        // What claims a gain may not take away so much.
        let claim = try await propose(station, Self.talk, predicts: #"{"metric": "pass", "direction": "up"}"#)
        #expect(claim.refused?.contains("of the skill's words would go") == true, "\(claim)")

        // What takes away what it lives by is found out.
        #expect(try await propose(station, Self.work).filed == "say-yes@2")
        let harmful = try await station.json(SkillGate.Result.self, ["skill", "gate", "say-yes@2"] + options).value
        #expect(harmful.skill.state == "quarantined", "\(harmful.steps)")
        #expect(
            harmful.steps.last?.figures["regressions"] == 6
                && harmful.advice.hasPrefix("no gain is claimed: needs 2181")
        )

        #expect(try await propose(station, Self.talk).filed == "say-yes@3")
        // As good as the other on every task, and six are too few to say that it is so on all.
        let result = try await station.json(SkillGate.Result.self, ["skill", "gate", "say-yes@3"] + options).value
        let decided = try #require(result.steps.first { $0.name == "held-out" })
        #expect(decided.outcome == "waiting" && result.skill.state != "active", "\(result.steps)")
        #expect(decided.reason.contains("-45.9 points or more") && decided.reason.contains("not shown"), "\(decided)")
        #expect(decided.figures["saving"] ?? 0 > 0.4)
        #expect(decided.figures["p"] == nil && decided.figures["test"] == nil, "it spends nothing of the error budget")
        #expect(try await station.skillRow("say-yes@1").state == "active")
    }
}
