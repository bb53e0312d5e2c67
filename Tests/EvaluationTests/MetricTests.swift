import Evaluation
import Testing
import Wire

/// Figures against what was computed by hand, and reasons in place of those that cannot be.
struct MetricTests {
    private static let world = SimulatedWorld(plan: SimulatedWorld.plan())
    private static let instance = world.plan.heldOut[0]

    private static func trials(_ rewards: [Double?]) -> [MeasuredTrial] {
        rewards.enumerated().map { number, reward in
            var trial = world.trial(instance, [], 0, number + 1, reward == 1)
            if reward == nil { trial.outcome = .unverifiable }
            return trial
        }
    }

    private static func pairs(_ rewards: [(with: [Double?], without: [Double?])]) -> [(
        task: String, with: [MeasuredTrial], without: [MeasuredTrial]
    )] {
        rewards.enumerated().map { ("task \($0.offset)", trials($0.element.with), trials($0.element.without)) }
    }

    @Test func aRateCountsEachTaskOnceAndNoTrialWithoutAVerdict() throws {
        let rate = try #require(
            Rate([Self.trials([1, 0]), Self.trials([1]), Self.trials([nil]), Self.trials([0, nil])])
        )
        #expect(rate.mean == 0.5 && rate.tasks == 3 && rate.trials == 4 && rate.unjudged == 2)
        #expect(Rate([Self.trials([nil])]) == nil && Rate([]) == nil)
        // Wilson, 5 of 10: 0.2366 to 0.7634.
        let half = try #require(Rate((0..<10).map { Self.trials([$0 < 5 ? 1 : 0]) }))
        #expect(abs(half.low - 0.2366) < 0.0001 && abs(half.high - 0.7634) < 0.0001)
    }

    @Test func aComparisonSaysWhatThreeTasksCanShow() throws {
        let all = try #require(Comparison(Self.pairs([([1], [0]), ([1], [0]), ([1], [0])])))
        #expect(all.helps == 0.125 && all.leastP == 0.125 && all.repairs == 3 && all.lift == 1)
        #expect(all.harms == 1 && all.recovery == 1 && all.regression == nil)
        let mixed = try #require(
            Comparison(Self.pairs([([1], [0]), ([0], [1]), ([1], [1]), ([0], [0]), ([nil], [1]), ([1, 1], [0, 1])]))
        )
        #expect(mixed.tasks == 5, "a task without a verdict on a side is no pair")
        #expect((mixed.repairs, mixed.regressions) == (2, 1) && mixed.lift == 0.1)
        #expect(mixed.recovery == 2.0 / 3 && mixed.regression == 0.5)
        #expect(Comparison(Self.pairs([([nil], [1])])) == nil)
        #expect(Comparison.least(12) == 1.0 / 4096)
    }

    @Test func theTrapIsJudgedByOutcomeAndProcess() {
        func trial(_ outcome: Double?, _ process: Double?) -> MeasuredTrial {
            var trial = Self.world.trial(Self.instance, [], 0, 1, outcome == 1 && process == 1)
            trial.rewards = ["reward": 0]
            trial.rewards["outcome"] = outcome
            trial.rewards["process"] = process
            return trial
        }
        let counts = OutcomeProcess([trial(1, 1), trial(1, 0), trial(1, 0), trial(0, 1), trial(0, 0), trial(nil, nil)])
        #expect(counts.pass == 1 && counts.shortcut == 2 && counts.proceduralWrong == 1 && counts.neither == 1)
        #expect(counts.unknown == 1 && counts.resistance == 0.2)
        #expect(OutcomeProcess([trial(nil, nil)]).resistance == nil)
    }

    @Test func aReportOfAWholeEvaluationIsRight() throws {
        var world = Self.world
        world.restless = ["sorting"]
        let report = EvaluationReport(world.finish(EvaluationState(world.plan)))
        let part = try #require(report.agents.first)
        #expect(report.measured == report.wanted && report.unjudged.isEmpty)
        #expect((report.lessons.trials, report.lessons.passed, report.lessons.failed) == (54, 36, 18))
        // With a skill all but T5 and T6 pass: 4 of 6 tiers; without one nothing does.
        let rates = part.rates.filter { $0.role == nil && $0.tier == nil && $0.part == nil && $0.order == nil }
        #expect(rates.map(\.condition) == Condition.allCases)
        let means = rates.map { (($0.rate.value?.mean ?? -1) * 900).rounded() / 100 }
        #expect(means == [0, 6, 6, 6, 2, 2], "only one of three families has a curated skill")
        // Six frozen T4 of 18 are repaired, none is broken: the test is exact, as at most 16 differ.
        let row = try #require(
            part.comparisons.first {
                $0.condition == .experience && $0.against == .noSkill && $0.part == .frozen && $0.family == nil
            }?.comparison.value
        )
        #expect((row.tasks, row.repairs, row.regressions) == (18, 6, 0) && row.helps == 1.0 / 64)
        let control = part.comparisons.first { $0.condition == .experience && $0.against == .rawTrajectories }
        #expect(control?.comparison.value?.lift == 0, "the control passes as much")
        #expect(part.traps.allSatisfy { $0.counts.shortcut == $0.counts.known && $0.counts.known > 0 })
        // Three skills are made in the first stage of each order, and sorting's is changed in the two that follow.
        let revisions = try #require(part.revisions.first { $0.condition == .experience })
        #expect((revisions.applied, revisions.unchanged, revisions.refused) == (9 + 6, 12, 0))
        #expect((revisions.helped, revisions.hurt, revisions.neutral) == (9, 0, 3))
        let last = try #require(part.health.last { $0.condition == .experience && $0.order == .a })
        #expect((last.skills, last.lines, last.stage) == (3, 30, 3) && last.consolidation == 2.0 / 3)
        #expect(last.redundancy == 3.0 / 8 && last.judged == 3 && last.harmful == 0)
        let moved = try #require(part.transfer.first { $0.condition == .experience })
        #expect(moved.reuse == 1 && moved.foreignUse == 0 && moved.positive == 1.0 / 3 && moved.negative == 0)
        #expect(moved.interference == nil && moved.forgetting == 0)
        #expect(report.absent.contains { $0.metric.contains("sorting") }, "no curated skill is said")
        #expect(part.matrix.isEmpty && part.scores.isEmpty)
    }

    @Test func skillsThatHarmAreSeen() throws {
        var world = Self.world
        world.plan.conditions = [.noSkill, .experience]
        world.passes = { _, library in library.isEmpty }
        let part = try #require(EvaluationReport(world.finish(EvaluationState(world.plan))).agents.first)
        #expect(part.health.allSatisfy { $0.stage == 0 || ($0.harmful == 3 && $0.judged == 3) })
        let moved = try #require(part.transfer.first)
        #expect(moved.negative == 1 && moved.positive == 0)
        let row = try #require(part.comparisons.first { $0.part == .learning && $0.family == nil }?.comparison.value)
        #expect(row.regression == 1 && row.recovery == nil && row.helps > 0.999 && row.harms < 0.001)
    }

    @Test func theFourRegimesAreToldApart() throws {
        var world = SimulatedWorld(plan: SimulatedWorld.plan(.after, agents: 2))
        world.plan.conditions = [.noSkill, .experience]
        let report = EvaluationReport(world.finish(EvaluationState(world.plan)))
        let part = try #require(report.agents.first)
        func regime(_ source: String, _ target: String) -> [Regime] {
            part.matrix.filter { $0.source == source && $0.target == target }.map(\.regime)
        }
        #expect(regime("answering", "answering") == [.local, .crossTask])
        #expect(regime("answering", "sorting") == [.crossTask] && regime("answering", "baking") == [.crossRole])
        let score = try #require(part.scores.first { $0.source == "answering" })
        // A skill helps its own family only: T1 to T4 of its own 12 unseen tasks, 8 of all 36.
        #expect(score.gains[.local] == 1 && score.gains[.crossRole] == 0)
        #expect(abs((score.generality.value ?? 0) - 8.0 / 36) < 1e-9 && score.specificity.value == 1)
        #expect(report.crossModel.map(\.agent) == ["agent 1", "agent 2"])
        #expect(!report.absent.contains { $0.metric == "cross-model" })
        world.plan.agents.removeLast()
        let single = EvaluationReport(world.finish(EvaluationState(world.plan)))
        #expect(single.crossModel.isEmpty && single.absent.contains { $0.metric == "cross-model" })
    }

    @Test func whatIsNotThereIsAbsentAndNotZero() throws {
        let report = EvaluationReport(EvaluationState(Self.world.plan))
        let part = try #require(report.agents.first)
        #expect(!part.rates.isEmpty && part.rates.allSatisfy { $0.rate.value == nil && $0.rate.absent != nil })
        #expect(part.comparisons.allSatisfy { $0.comparison.value == nil && $0.comparison.absent != nil })
    }

    @Test(arguments: [(0.425, 0, "0"), (42.5, 0, "43"), (-0.2, 0, "0"), (-3.14159, 2, "−3.14"), (0.05, 2, "0.05")])
    func numbersAreWrittenAsPeopleReadThem(value: Double, decimals: Int, text: String) {
        #expect(Digits.fixed(value, decimals) == text)
        #expect(Digits.points(0.12) == "+12" && Digits.points(-0.12) == "−12" && Digits.points(0.001) == "0")
    }
}
