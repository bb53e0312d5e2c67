import FoundationEssentials
import Gate
import Skills
import Testing
import Wire

@testable import Executord

/// What pairs of trials come to, and when a canary is promoted or taken back.
struct GateStageTests {
    private func canary(_ results: [(with: Bool, without: Bool)]) async throws -> (GateFinding, SkillLibrary) {
        let path = FileManager.default.temporaryDirectory.path + "/executord-gate-\(UUID().uuidString).db"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let library = try SkillLibrary.open(path: path)
        let tree = SkillTree(main: "---\nname: one\ndescription: One.\n---\n\nOne.\n")
        let reference = try await library.add(tree, SkillProposal(source: "t", operation: .create), actor: "t")
            .reference
        for (number, result) in results.enumerated() {
            let pair = TrialPair(
                source: .canary,
                task: "t",
                with: "w\(number)",
                without: "o\(number)",
                passedWith: result.with,
                passedWithout: result.without
            )
            try await library.record(pair, of: reference)
        }
        return (try await CanaryStage.finding(on: reference, in: library, alpha: 0.05), library)
    }

    @Test func harmEndsACanaryAndGainPromotesIt() async throws {
        let harmful = try await canary(Array(repeating: (false, true), count: 7)).0
        #expect(harmful.decision.outcome == .failed && harmful.move == .quarantined, "\(harmful.decision.reason)")
        let few = try await canary(Array(repeating: (false, true), count: 4)).0
        #expect(few.decision.outcome == .waiting && few.move == nil)
        #expect(try await canary(Array(repeating: (true, true), count: 40)).0.decision.outcome == .waiting)
        let (helpful, library) = try await canary(Array(repeating: (true, false), count: 9))
        #expect(helpful.decision.outcome == .passed, "\(helpful.decision.reason)")
        // Asked again, it spends nothing more.
        let reference = SkillReference("one", 1)
        _ = try await CanaryStage.finding(on: reference, in: library, alpha: 0.05)
        #expect(try await library.budget(alpha: 0.05)?.tested == 1)
    }

    @Test func everyStageHasItsCheck() {
        #expect(GateRun.stages.map(\.stage) == GateStage.allCases)
    }

    private func trial(
        _ name: String,
        task: String,
        attempt: Int,
        passed: Bool?,
        skill: String?,
        phase: TrialPhase = .finished
    ) -> TrialDetail {
        let configuration = TrialConfiguration(
            taskDigest: task,
            taskName: task,
            taskPath: "",
            agent: AgentSpec(kind: .nop),
            skills: skill.map { [SkillGiven(name: $0, digest: "sha256:\($0)")] }
        )
        var detail = TrialDetail(
            summary: TrialSummary(trial: name, task: task, agent: "nop", phase: phase, submittedAt: .now()),
            configuration: configuration,
            verdict: passed.map {
                Verdict(
                    outcome: $0 ? .passed : .failed,
                    rewards: [:],
                    message: "",
                    mode: .isolated,
                    tests: [],
                    evidence: Evidence()
                )
            },
            exception: nil,
            phases: [],
            hasFrozenLayer: false
        )
        detail.jobTry = TrialTry(attempt: attempt, number: 1, after: nil, replacedBy: nil)
        return detail
    }

    private func run(_ name: String, task: String, attempt: Int, passed: Bool?, skill: String?) -> MatchedTrials.Run {
        MatchedTrials.Run(trial(name, task: task, attempt: attempt, passed: passed, skill: skill))
    }

    @Test func theFirstTryThatEndedByItselfCounts() {
        func tries(_ phases: [TrialPhase]) -> [TrialDetail] {
            phases.enumerated().map { number, phase in
                trial(
                    "try-\(number)",
                    task: "t",
                    attempt: 1,
                    passed: phase == .finished ? true : nil,
                    skill: nil,
                    phase: phase
                )
            }
        }
        #expect(tries([.interrupted, .cancelled, .finished]).counted?.summary.trial == "try-2")
        #expect(tries([.errored, .finished]).counted?.summary.trial == "try-0", "no second chance after an error")
        #expect(tries([.interrupted, .errored, .errored]).counted?.summary.trial == "try-1")
        #expect(tries([.interrupted, .cancelled]).counted == nil)
    }

    @Test func aTrialThatTheSkillBreaksCountsAndOneThatBreaksByItselfDoesNot() {
        let runs = [
            run("a", task: "t1", attempt: 1, passed: nil, skill: "s"),
            run("b", task: "t1", attempt: 1, passed: true, skill: nil),
            run("c", task: "t2", attempt: 1, passed: true, skill: "s"),
            run("d", task: "t2", attempt: 1, passed: nil, skill: nil),
            run("e", task: "t3", attempt: 2, passed: true, skill: "s"),
            run("f", task: "t3", attempt: 1, passed: false, skill: nil),
        ]
        let pairs = MatchedTrials.pairs(of: runs) { $0.configuration.skills != nil }
        #expect(pairs.map { [$0.with.name, $0.without.name] } == [["a", "b"]])
        #expect(MatchedTrials.outcomes(pairs).map(\.difference) == [-1])
        #expect(pairs[0].trialPair(.gate) == nil, "without a verdict there is no credit")
        #expect(pairs[0].comparedPair?.passedWith == false, "of jobs that is a loss, and known from then on")
    }
}
