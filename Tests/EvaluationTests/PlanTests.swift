import Evaluation
import Testing
import Wire

/// What is learnt from and what is measured, and that an interrupted evaluation goes on where it was.
struct PlanTests {
    @Test func whatIsLearntFromIsNeverMeasuredAsUnseen() {
        let plan = SimulatedWorld.plan()
        #expect(plan.learning.count == 3 * 3 * 2 && plan.heldOut.count == 3 * 6 * 2)
        #expect(Set(plan.learning.map(\.path)).isDisjoint(with: plan.heldOut.map(\.path)))
        #expect(plan.learning.allSatisfy { $0.tier.isLearning && $0.part == .learning && $0.seed > 0 })
        #expect(plan.heldOut.allSatisfy { ($0.part == .heldOut) == $0.tier.isLearning })
        #expect(Set(plan.heldOut).count == plan.heldOut.count)
    }

    @Test func eachTierComesFirstSecondAndLastOnce() {
        for place in 0..<3 { #expect(Set(LearningOrder.allCases.map { $0.tiers[place] }) == [.t1, .t2, .t3]) }
    }

    @Test func anotherPlanIsToldByTheOptionThatDiffers() {
        let plan = SimulatedWorld.plan()
        var other = plan
        other.run = "2"
        #expect(plan.differences(from: other).isEmpty)
        other.seed = 8
        other.suite = "changed"
        #expect(plan.differences(from: other) == ["--suite", "--seed"])
    }

    @Test func lessonsComeFirstThenLibrariesThenTrials() {
        let world = SimulatedWorld(plan: SimulatedWorld.plan())
        var state = EvaluationState(world.plan)
        var kinds: [String] = []
        while let work = state.next() {
            switch work {
            case .teach: kinds.append("teach")
            case .learn(let condition, let order, let number, let library, let lessons):
                kinds.append("learn")
                #expect(lessons.allSatisfy { order.tiers.prefix(number).contains($0.tier) && $0.part == .learning })
                #expect(library == (number == 0 ? [] : state.stage(condition, order, number - 1)?.skills))
            case .measure(_, _, let instances):
                kinds.append("measure")
                #expect(!instances.isEmpty && instances.count <= 60)
            }
            for record in world.perform(work, state) { state.add(record) }
        }
        #expect(kinds == kinds.sorted { (Self.rank[$0] ?? 9) < (Self.rank[$1] ?? 9) }, "\(kinds)")
        #expect(state.progress.done == state.progress.total && state.progress.total > 0)
    }

    private static let rank = ["teach": 0, "learn": 1, "measure": 2]

    @Test func equalLibrariesAreMeasuredOnce() {
        let world = SimulatedWorld(plan: SimulatedWorld.plan())
        var measured: [String] = []
        let state = world.finish(EvaluationState(world.plan)) { record in
            if let trial = record.trial, let library = trial.library { measured.append(library + trial.instance.path) }
        }
        #expect(Set(measured).count == measured.count)
        // no_skill, raw, zero-shot, experience and curated; what is revised stays equal to what it was.
        let all = world.plan.learning.count + world.plan.heldOut.count
        #expect(measured.count == 5 * all && Set(state.arms.map(\.key)).count == 5)
    }

    @Test(arguments: EvaluationProtocol.allCases)
    func aCutFileGoesOnToTheSameResults(kind: EvaluationProtocol) throws {
        var world = SimulatedWorld(plan: SimulatedWorld.plan(kind))
        world.restless = ["sorting"]
        var file: [UInt8] = []
        var failure: (any Error)?
        let whole = world.finish(EvaluationState(world.plan)) { record in
            do { file += try WireJSON.encode(record) + [UInt8(ascii: "\n")] } catch { failure = error }
        }
        #expect(failure == nil)
        let expected = EvaluationReport(whole)
        for share in [0.1, 0.5, 0.93] {
            let cut = Array(file.prefix(Int(Double(file.count) * share)))
            let read = try EvaluationRecord.read(cut)
            #expect(read.whole <= cut.count && (read.whole == 0 || cut[read.whole - 1] == UInt8(ascii: "\n")))
            let again = world.finish(EvaluationState(world.plan, read.records))
            #expect(EvaluationReport(again) == expected, "cut at \(cut.count)")
        }
    }

    @Test func aLineThatIsNoResultIsNamed() throws {
        let good = try WireJSON.encode(
            EvaluationRecord(library: .init(condition: .noSkill, order: .a, stage: 0, skills: []))
        )
        let file = good + Array("\nnot a result\n".utf8) + good
        let fault = #expect(throws: EvaluationRecord.Unreadable.self) { try EvaluationRecord.read(file) }
        #expect(fault?.line == 2)
        #expect(try EvaluationRecord.read(good).records.isEmpty, "a line without its end is not whole")
    }

    @Test func aSkillFromInstructionsHasWhatTheyShareAndNothingElse() throws {
        let text = try #require(
            ZeroShotSkill.text(
                family: "answering",
                instructions: [
                    "# Answer\n\nWrite `a.csv` into /app.\n```sh\nrm -rf /\n```\n- Keep the order.",
                    "Keep the order.\nWrite [b](c.md).\n",
                ]
            )
        )
        #expect(text.hasPrefix("---\nname: answering\ndescription: Use when"))
        #expect(text.contains("## What all of them ask for\n\n- Keep the order.\n"))
        #expect(text.contains("- Write `a.csv` into /app.") && text.contains("## Files that they name\n\n- `a.csv`"))
        #expect(!text.contains("```") && !text.contains("](c.md)"), "open fences and broken links would be refused")
        #expect(ZeroShotSkill.text(family: "answering", instructions: []) == nil)
    }
}
