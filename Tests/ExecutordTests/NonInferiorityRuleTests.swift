import FoundationEssentials
import Gate
import Skills
import Testing
import Wire

@testable import Executord

/// What stage 9 decides on a version that claims no gain.
struct NonInferiorityRuleTests {
    private let served: SkillVersion
    private let library: SkillLibrary

    init() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/executord-shorter-\(UUID().uuidString).db"
        defer { try? FileManager.default.removeItem(atPath: path) }
        library = try SkillLibrary.open(path: path)
        let tree = SkillTree(main: "---\nname: one\ndescription: One.\n---\n\nOne.\n")
        served = try await library.add(tree, SkillProposal(source: "t", operation: .create), actor: "t")
    }

    private func run(_ task: String, passed: Bool, digest: String?) -> MatchedTrials.Run {
        MatchedTrials.Run(
            name: task,
            configuration: TrialConfiguration(
                taskDigest: task,
                taskName: task,
                taskPath: "",
                agent: AgentSpec(kind: .nop),
                skills: digest.map { [SkillGiven(name: "one", digest: $0)] }
            ),
            attempt: 1,
            actions: 1,
            hasPassed: passed
        )
    }

    /// One task for each result.
    private func decision(
        _ results: [(with: Bool, without: Bool)],
        tokens: (Int, Int) = (1000, 800),
        looks: Int = 0,
        against digest: String? = nil
    ) -> GateFinding {
        let pairs = results.enumerated().map { number, result in
            MatchedTrials(
                task: "t\(number)",
                with: run("t\(number)", passed: result.with, digest: "sha256:new"),
                without: run("t\(number)", passed: result.without, digest: digest ?? served.digest)
            )
        }
        let rule = NonInferiorityRule(base: served, tokens: tokens, replays: 1, looks: looks)
        return rule.finding(on: HeldOutRuns(pairs: pairs, digests: [:], remark: ""))
    }

    private func alike(_ count: Int, passed: Bool = true) -> [(with: Bool, without: Bool)] {
        Array(repeating: (passed, passed), count: count)
    }

    @Test func manyTasksThatDoNotDifferLetItPass() {
        let passed = decision(alike(122)).decision
        #expect(passed.outcome == .passed && passed.reason.hasSuffix("no worse, and shorter"), "\(passed.reason)")
        let few = decision(alike(121)).decision
        #expect(few.outcome == .waiting && few.reason.contains("not shown"), "\(few.reason)")
        let lucky = decision([(true, false)] + alike(7)).decision
        #expect(lucky.outcome == .waiting, "one task that gained is no reason to ask for less: \(lucky.reason)")
    }

    @Test func whoLooksAgainHasToShowMore() {
        // 0.05 / 2 for the first look, 0.05 / 6 for the second: 122 and 158 tasks.
        #expect(decision(alike(157), looks: 1).decision.outcome == .waiting)
        #expect(decision(alike(158), looks: 1).decision.outcome == .passed)
    }

    @Test func tooLittleSavedAndNothingToLoseAndTheWrongBase() {
        let long = decision(alike(200), tokens: (1000, 901)).decision
        #expect(long.outcome == .failed && long.reason.contains("at least 10 % fewer tokens"), "\(long.reason)")
        let idle = decision(alike(200, passed: false)).decision
        #expect(idle.outcome == .waiting && idle.reason.contains("nothing to lose"), "\(idle.reason)")
        let other = decision(alike(200), against: "sha256:other").decision
        #expect(other.outcome == .failed && other.reason.contains("held against"), "\(other.reason)")
    }

    @Test func harmTakesItAway() {
        let finding = decision(Array(repeating: (false, true), count: 6) + alike(20))
        #expect(finding.decision.outcome == .failed && finding.move == .quarantined, "\(finding.decision.reason)")
    }

    @Test func looksAreCounted() async throws {
        let reference = served.reference
        #expect(try await NonInferiorityRule.looks(at: reference, in: library) == 0)
        try await library.record(GateDecision(.lint, .passed, "valid"), on: reference, run: "a", actor: "t")
        try await library.record(GateDecision(.heldOut, .waiting, "no tasks"), on: reference, run: "a", actor: "t")
        #expect(try await NonInferiorityRule.looks(at: reference, in: library) == 0, "nothing was looked at")
        let begun = GateDecision(.heldOut, .waiting, "look 1 begins", figures: ["look": 1])
        try await library.record(begun, on: reference, run: "b", actor: "t")
        #expect(try await NonInferiorityRule.looks(at: reference, in: library) == 1, "cut off or not")
    }
}
