import Client
import FoundationEssentials
import Testing
import Wire

/// From verified trials to versions in the library, and what distillers never get to see.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct DistillTests {
    /// Canaries in everything that is the verifier's or the solution's.
    private static let (tests, output, solution, heldOut) = (
        "canary-tests-7f3a", "canary-output-91bc", "canary-solution-44de", "canary-held-out-0c2b"
    )

    private func task(_ name: String, split: String, in scratch: Scratch) throws -> String {
        var task = MadeTask(
            name: name,
            verifier: """
                #!/bin/sh
                # \(Self.tests)
                echo \(Self.output) ; echo \(Self.output) >&2
                printf '{"results":{"tests":[{"name":"\(Self.output)","status":"passed","message":"\(Self.output)"}]}}' \
                    >/logs/verifier/ctrf.json
                if [ "$(cat /app/answer 2>/dev/null)" = yes ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt
                """
        )
        task.solution = "#!/bin/sh\n# \(Self.solution)\necho \(Self.solution)\necho yes > /app/answer\n"
        task.extra = "[metadata]\nfamily = \"answering\"\nrole = \"clerk\"\nsplit = \"\(split)\"\n"
        return try task.write(in: scratch)
    }

    private static let work = [
        "ls -l /app", "printf 'no' > /app/draft.txt", "sed -e s/no/yes/ /app/draft.txt > /app/answer",
        "cat /app/answer",
    ]

    @Test func whatPassingTrialsHaveInCommonBecomesASkill() async throws {
        let station = try await Station.start()
        for number in 1...3 {
            let learning = try task("learn-\(number)", split: "learning", in: station.scratch)
            #expect(try await station.replay(Self.work, on: learning).status == 0)
            #expect(try await station.replay(["echo maybe > /app/answer"], on: learning).status == 4)
        }
        let tried = try await station.json(SkillDistill.Result.self, ["distill", "--dry-run"])
        #expect(tried.status == 0 && tried.value.trials == 6)
        let proposal = try #require(tried.value.proposals.first, "\(tried.value.notes)")
        #expect(proposal.refused == nil && proposal.filed == nil && proposal.family == "answering")
        #expect(proposal.text?.contains("sed -e") == true, "\(proposal.text ?? "")")
        #expect(try await station.json(SkillList.Result.self, ["skill", "list"]).value.skills.isEmpty)

        let filed = try #require(try await station.json(SkillDistill.Result.self, ["distill"]).value.proposals.first)
        let reference = try #require(filed.filed, "\(filed.refused ?? "")")
        #expect(filed.text == proposal.text, "the same trials make the same skill")
        let shown = try await station.json(SkillShow.Result.self, ["skill", "show", reference]).value
        #expect(shown.skill.state == "linted" && shown.skill.scope.contains("family answering"))
        #expect(!shown.support.isEmpty && shown.support.allSatisfy { !$0.evidence.isEmpty })
        #expect(try await station.control(["skill", "export", station.scratch.path + "/out", reference]).status == 0)
    }

    @Test func aGivenLibraryIsLearntForInPlaceOfTheDaemons() async throws {
        let station = try await Station.start()
        let learning = try task("learn", split: "learning", in: station.scratch)
        for _ in 1...3 { #expect(try await station.replay(Self.work, on: learning).status == 0) }
        let client = try DaemonAccess(socket: station.socket, client: "tests").connectOrStart().connection
        func distil(_ library: [SkillGiven]) throws -> SkillDistill.Result {
            try client.call(SkillDistill.self, .init(plugin: "mine", library: library))
        }
        let made = try #require(try distil([]).proposals.first)
        let skill = try #require(made.result, "\(made.refused ?? "")")
        #expect(skill.name == "answering" && made.filed == nil && made.text?.contains("sed -e") == true)
        // What is there already is not proposed again: the given library was read.
        let again = try distil([skill])
        #expect(again.proposals.isEmpty && again.notes.contains { $0.contains("says all of this already") })
        #expect(throws: (any Error).self) { try distil([SkillGiven(name: "answering", digest: "sha256:0")]) }
        #expect(try await station.json(SkillList.Result.self, ["skill", "list"]).value.skills.isEmpty)
    }

    @Test(arguments: ["mine", "raw"])
    func distillersSeeNeitherTestsNorSolutionsNorHeldOutTasks(plugin: String) async throws {
        let station = try await Station.start()
        let learning = try task("learn", split: "learning", in: station.scratch)
        let heldOut = try task("held", split: "evaluation", in: station.scratch)
        for _ in 1...2 { #expect(try await station.replay(Self.work, on: learning).status == 0) }
        #expect(try await station.run(learning).status == 0)
        #expect(try await station.replay(Self.work + ["echo \(Self.heldOut)"], on: heldOut).status == 0)
        let outcome = try await station.control(["distill", "--plugin", plugin, "--dry-run", "--json"])
        let result = try WireJSON.decode(SkillDistill.Result.self, from: Array(outcome.output.utf8))
        #expect(result.trials == 2)
        #expect(result.withheld == ["a reference solution": 1, "held out": 1])
        #expect(result.proposals.contains { $0.text != nil }, "\(outcome.output)")
        for canary in [Self.tests, Self.output, Self.solution, Self.heldOut] {
            #expect(!outcome.output.contains(canary), "\(canary) has leaked")
        }
    }

    @Test func whatThereIsNotIsSaid() async throws {
        let station = try await Station.start()
        let unknown = try await station.control(["distill", "--plugin", "oracle"])
        #expect(unknown.status != 0 && unknown.errors.contains("one of mine, raw, curate"), "\(unknown.errors)")
        #expect(try await station.control(["distill", "--from", "nothing"]).status != 0)
        let empty = try await station.json(SkillDistill.Result.self, ["distill"])
        #expect(empty.status == 0 && empty.value.trials == 0 && empty.value.proposals.isEmpty)
    }
}
