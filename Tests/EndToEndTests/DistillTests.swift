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

    /// Runs are repeated with fewer actions, and what they pass without is no step.
    @Test func whatWasNeedlessIsFoundByRepeatingRuns() async throws {
        let station = try await Station.start()
        let needless = Self.work + ["sort /app/draft.txt -o /app/spare.txt"]
        for number in 1...2 {
            let learning = try task("learn-\(number)", split: "learning", in: station.scratch)
            #expect(try await station.replay(needless, on: learning).status == 0)
        }
        let before = try await station.list()
        func distilled(_ options: [String]) async throws -> SkillDistill.Result {
            try await station.json(SkillDistill.Result.self, ["distill", "--dry-run"] + options).value
        }
        let untried = try await distilled(["--replays", "0"])
        let long = try #require(untried.proposals.first?.text, "\(untried.notes)")
        #expect(long.contains("spare.txt") && long.contains("Not minimised: runs were not repeated."))
        #expect(try await station.list().count == before.count)

        let tried = try await distilled([])
        let text = try #require(tried.proposals.first?.text, "\(tried.notes)")
        #expect(text.contains("sed -e") && text.contains("draft.txt") && !text.contains("spare.txt"), "\(text)")
        for trial in before {
            #expect(text.contains("Of 5 actions of \(trial.trial), 2 were needed when it was repeated."), "\(text)")
        }
        // Each repetition is a trial that says what it is, and teaches nothing.
        let repetitions = try await station.list().filter { trial in !before.contains { $0.trial == trial.trial } }
        #expect(!repetitions.isEmpty && repetitions.allSatisfy { $0.agent == "repetition" && $0.outcome != nil })
        let one = try #require(repetitions.last)
        let repeats = try #require(try await station.detail(one.trial).configuration.repeats)
        #expect(before.contains { $0.trial == repeats.trial } && repeats.distiller == "mine")
        #expect(try await distilled(["--from", one.trial]).withheld == ["repeated for a distiller": 1])
        // The same again, of what is known by now.
        let again = try await distilled([])
        #expect(again.withheld.isEmpty, "repetitions crowd out nothing")
        #expect(again.trials == 2 && again.proposals.first?.text == text && again.notes == tried.notes)
        #expect(try await station.list().count == before.count + repetitions.count)
    }

    /// What a program read is not in the record: without it the run is another one.
    @Test func aRunThatWasGivenInputIsNotRepeated() async throws {
        let station = try await Station.start()
        let learning = try task("learn", split: "learning", in: station.scratch)
        for _ in 1...2 {
            let session = try SessionClient(station).openTask(learning)
            try session.shell("sed -e s/no/yes/ > /app/answer") { $0.stdin = ByteContent("no") }
            _ = try session.submit()
        }
        let result = try await station.json(SkillDistill.Result.self, ["distill", "--dry-run"]).value
        let why = "what action 1 read on its standard input is not recorded"
        #expect(result.notes.contains { $0.contains(why) }, "\(result.notes)")
        #expect(try await station.list().count == 2, "nothing was repeated")
    }

    /// That an agent only failed is told beside who passed: the gate's stage 3 takes no line without.
    @Test func aSkillThatNamesAnAgentThatOnlyFailedHasItsEvidence() async throws {
        let station = try await Station.start()
        for number in 1...2 {
            let learning = try task("learn-\(number)", split: "learning", in: station.scratch)
            #expect(try await station.replay(Self.work, on: learning).status == 0)
            #expect(try await station.run(learning, ["--agent", "nop"]).status == 4)
        }
        let made = try await station.json(SkillDistill.Result.self, ["distill", "--replays", "0"]).value
        let proposal = try #require(made.proposals.first, "\(made.notes)")
        #expect(proposal.text?.contains("- The model nop: none of 2 passed.") == true, "\(proposal.text ?? "")")
        let gated = try await station.json(
            SkillGate.Result.self,
            ["skill", "gate", try #require(proposal.filed, "\(proposal.refused ?? "")")]
        )
        let step = try #require(gated.value.steps.first { $0.name == "evidence" }, "\(gated.value.steps)")
        #expect(step.outcome == "passed", "\(step)")
    }

    /// Whoever gives up a distillation leaves no repetition running.
    @Test func aDistillationThatIsGivenUpLeavesNothing() async throws {
        let station = try await Station.start()
        let learning = try task("learn", split: "learning", in: station.scratch)
        for _ in 1...2 { #expect(try await station.replay(Self.work + ["sleep 2"], on: learning).status == 0) }
        let distilling = try await station.begin(["distill", "--dry-run"])
        var found: TrialSummary?
        #expect(
            try await eventually {
                found = try await station.list().first { $0.agent == "repetition" }
                return found?.phase == .agent
            }
        )
        distilling.kill()
        let name = try #require(found).trial
        #expect(try await eventually { try await station.detail(name).summary.phase == .cancelled })
        #expect(try await station.list().count == 3, "no other began")
    }

    /// The student that follows skills teaches only who asks for it.
    @Test func whatTheFollowerDidIsReadOnlyWhenItIsNamed() async throws {
        let station = try await Station.start()
        let learning = try task("learn", split: "learning", in: station.scratch)
        let trials = try await [
            station.run(learning, ["--agent", "follower"]).trial, station.replay(Self.work, on: learning).trial,
        ]
        #expect(try await station.control(["job", "run", learning, "--agent", "nop"]).status == 4)
        let unasked = try await station.json(SkillDistill.Result.self, ["distill", "--dry-run"]).value
        #expect(unasked.trials == 2 && unasked.withheld == ["of a student that follows skills": 1])
        let names = trials.flatMap { ["--from", $0.summary.trial] }
        let asked = try await station.json(SkillDistill.Result.self, ["distill", "--dry-run"] + names).value
        #expect(asked.trials == 2 && asked.withheld.isEmpty)
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
