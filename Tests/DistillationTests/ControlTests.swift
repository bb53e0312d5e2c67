import Distillation
import FoundationEssentials
import Skills
import Testing
import Wire

/// The distillers that distil nothing: `raw` and `curate`.
struct ControlTests {
    @Test func rawKeepsRunsAsTheyWere() async throws {
        let request = RunFixture.request(RunFixture.reports + [RunFixture.report(8, file: "z.csv", family: "other")])
        let response = try await RawDistiller().distill(request, context: .init())
        #expect(ResponseCheck.findings(in: response, for: request) == [])
        let proposal = try #require(response.proposals.first)
        #expect(proposal.operation == .create && proposal.skills == ["csv-report-runs"])
        // Four edits are allowed, one is SKILL.md: the three latest runs of the family that passed.
        #expect(proposal.support.trajectories == ["tr_2", "tr_3", "tr_4"])
        #expect(proposal.edits.map(\.file) == ["SKILL.md"] + (1...3).map { "references/run-\($0).md" })
        #expect(proposal.edits[1].content?.contains("pip install --break-system-packages pandas") ?? false)
        let tree = try SkillPatch(.create, base: nil, edits: proposal.edits).applied(to: nil).tree
        #expect(SkillLint.findings(tree, directory: "csv-report-runs").isEmpty)

        let shuffled = RunFixture.request(Array(request.trajectories.reversed()))
        #expect(try await RawDistiller().distill(shuffled, context: .init()).proposals == response.proposals)

        let files = tree.paths.map { DistillRequest.File(path: $0, digest: "", text: tree.files[$0]?.text) }
        let held = DistillRequest.Skill(
            id: "csv-report-runs",
            version: 1,
            digest: tree.digest,
            state: "active",
            tier: "T1",
            files: files
        )
        let again = RunFixture.request(RunFixture.reports, library: [held])
        #expect(try await RawDistiller().distill(again, context: .init()).proposals.isEmpty)
        // Another run, later than the others: two files change.
        var newer = RunFixture.report(9, file: "new.csv")
        newer.started = Timestamp(milliseconds: 9_000)
        let more = RunFixture.request(RunFixture.reports + [newer], library: [held])
        let change = try await RawDistiller().distill(more, context: .init())
        #expect(ResponseCheck.findings(in: change, for: more) == [])
        let replaced = try #require(change.proposals.first)
        let patched = try SkillPatch(.replace, base: tree.digest, edits: replaced.edits).applied(to: tree).tree
        #expect(patched.files["references/run-3.md"]?.text?.contains("new.csv") ?? false)
        #expect(SkillLint.findings(patched, directory: "csv-report-runs").isEmpty)
    }

    @Test func compaction() {
        var actions = (0..<40).map {
            RunFixture.shell("a\($0)", "step \($0)", stdout: String(repeating: "x", count: 5_000))
        }
        actions[20] = RunFixture.shell("a20", "step 20", exit: 1, stderr: "ValueError: bad")
        let compact = Compaction.compact(RunFixture.run("r", task: "t", verdict: .fail, actions))
        #expect(compact.tokens <= 8_000 && compact.text.hasPrefix("verdict: fail"))
        for action in ["[a0]", "[a3]", "[a20]", "[a39]", "left out"] {
            #expect(compact.text.contains(action), "\(action)")
        }
        let short = Compaction.compact(
            RunFixture.run(
                "r",
                task: "t",
                Array(
                    actions.map { action in
                        var action = action
                        action.stdout = nil
                        return action
                    }
                )
            )
        )
        #expect(short.text.contains("[a20]") && short.text.contains("ValueError: bad"))
        #expect(short.text.contains("[12 left out]") && short.text.contains("[a28]") && !short.text.contains("[a27]"))
    }

    private func skill(_ id: String, state: String = "active", _ stats: DistillRequest.Statistics)
        -> DistillRequest.Skill
    {
        .init(id: id, version: 1, digest: "sha256:\(id)", state: state, tier: "T2", files: [], stats: stats)
    }

    private func curated(_ skills: [DistillRequest.Skill], _ rules: CurationRules = .init()) async throws -> [String:
        SkillPatch.Operation]
    {
        let request = RunFixture.request([], library: skills)
        let response = try await CurateDistiller(rules: rules).distill(request, context: .init())
        #expect(ResponseCheck.findings(in: response, for: request) == [])
        return Dictionary(response.proposals.map { ($0.skills[0], $0.operation) }) { first, _ in first }
    }

    private func context(
        _ environment: String,
        _ role: String,
        _ uses: Int,
        _ failures: Int,
        _ matched: Int,
        _ matchedFailures: Int
    ) -> DistillRequest.Context {
        .init(
            environment: environment,
            role: role,
            uses: uses,
            failures: failures,
            matchedRuns: matched,
            matchedFailures: matchedFailures
        )
    }

    @Test func retirement() async throws {
        let found = try await curated([
            skill("loses", .init(opened: 100, credit: .init(repairs: 5, regressions: 15))),
            skill("too-early", .init(opened: 99, credit: .init(repairs: 5, regressions: 15))),
            skill("just-bearable", .init(opened: 100, credit: .init(repairs: 5, regressions: 14))),
            skill("idle", .init(opened: 30, leaveOneOutAverage: 0.0009, leaveOneOutBelow: 3)),
            skill("two-audits", .init(opened: 30, leaveOneOutAverage: 0.0009, leaveOneOutBelow: 2)),
            skill("seldom", .init(opened: 29, leaveOneOutAverage: 0.0009, leaveOneOutBelow: 3)),
            skill("harms", .init(opened: 1, harmEvidence: 20)),
            skill("gone", state: "deprecated", .init(opened: 1, harmEvidence: 20)),
        ])
        #expect(found == ["loses": .retire, "idle": .retire, "harms": .retire])
    }

    @Test func quarantineAndNarrowing() async throws {
        let found = try await curated([
            // Hard tasks: it fails no more than others do.
            skill("hard", .init(contexts: [context("e", "T1", 10, 8, 10, 8)])),
            skill("bad", .init(contexts: [context("e", "T1", 10, 6, 10, 2)])),
            skill("few", .init(contexts: [context("e", "T1", 2, 2, 10, 0)])),
            skill("unmatched", .init(contexts: [context("e", "T1", 10, 10, 0, 0)])),
            skill("here-only", .init(contexts: [context("e", "T1", 9, 0, 9, 3), context("f", "T1", 5, 5, 5, 1)])),
            skill("role-only", .init(contexts: [context("e", "T1", 9, 0, 9, 3), context("e", "T5", 5, 5, 5, 1)])),
            skill("everywhere", .init(contexts: [context("e", "T1", 9, 9, 9, 3), context("f", "T1", 5, 5, 5, 1)])),
        ])
        #expect(
            found == ["bad": .quarantine, "here-only": .narrow, "role-only": .narrow, "everywhere": .quarantine]
        )
    }

    @Test func theCap() async throws {
        var rules = CurationRules()
        rules.cap = 2
        let skills = [
            skill("best", .init(opened: 50, credit: .init(repairs: 20))),
            skill("good", .init(opened: 50, credit: .init(repairs: 10))),
            skill("worse", .init(opened: 50, credit: .init(repairs: 5, regressions: 8))),
            skill("unknown", .init()),
        ]
        #expect(try await curated(skills, rules) == ["worse": .retire, "unknown": .retire])
        rules.cap = 4
        #expect(try await curated(skills, rules).isEmpty)
    }

    @Test func leavingOneOut() {
        var audits = LeaveOneOut()
        audits.audit(0.05)
        #expect(audits.average == 0.05 && audits.below == 0)
        for _ in 0..<3 { audits.audit(-0.5) }
        #expect(audits.below == 3)
        audits.audit(2)
        #expect(audits.below == 0)
    }
}
