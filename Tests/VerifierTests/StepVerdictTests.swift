import Testing
import Wire

@testable import Verifier

struct StepVerdictTests {
    private func verdict(_ rewards: [String: Double], evidence: Evidence = Evidence()) -> Verdict {
        makeVerdict(
            reading: .rewards(rewards),
            tests: [TestResult(name: "check", status: .passed)],
            mode: .isolated,
            evidence: evidence,
            onPristineSystem: false
        )
    }

    private func combine(_ steps: [Verdict], _ strategy: RewardStrategy = .mean, stopped: String? = nil) -> Verdict {
        combineVerdicts(steps, names: ["one", "two", "three"], strategy: strategy, stopped: stopped)
    }

    @Test func theMeanCountsAMissingKeyAsZero() {
        let rewards = meanRewards([["reward": 1, "style": 0.5], ["reward": 0], ["reward": 0.5]])
        #expect(rewards["reward"] == 0.5)
        #expect(abs((rewards["style"] ?? 0) - 0.5 / 3) < 1e-12)
        #expect(meanRewards([]).isEmpty)
    }

    @Test func theStrategySaysWhichRewardsCount() {
        let steps = [verdict(["reward": 0]), verdict(["reward": 1])]
        #expect(combine(steps).rewards == ["reward": 0.5] && combine(steps).outcome == .failed)
        #expect(combine(steps, .final).rewards == ["reward": 1] && combine(steps, .final).outcome == .passed)
        let full = combine([verdict(["reward": 1]), verdict(["reward": 1])])
        #expect(full.outcome == .passed && full.tests.map(\.name) == ["one: check", "two: check"])
    }

    @Test func whatStoppedEarlyHasNotPassed() {
        let stopped = combine([verdict(["reward": 1])], .final, stopped: "step one: style is missing")
        #expect(stopped.outcome == .failed && stopped.rewards == ["reward": 1])
        #expect(stopped.message.contains("style is missing"))
    }

    @Test func aStepThatCouldNotBeVerifiedIsNotGuessed() {
        let broken = makeVerdict(
            reading: .unverifiable(exception: "RewardFileNotFoundError", reason: "none"),
            tests: [],
            mode: .isolated,
            evidence: Evidence(),
            onPristineSystem: false
        )
        for strategy in RewardStrategy.allCases {
            let whole = combine([verdict(["reward": 1]), broken], strategy)
            #expect(whole.outcome == .unverifiable && whole.rewards.isEmpty)
            #expect(whole.exception == "RewardFileNotFoundError" && whole.message.contains("step two"))
        }
        #expect(combine([]).outcome == .unverifiable)
    }

    @Test func evidenceOfAllStepsIsKept() {
        var first = Evidence(processesKilled: 2, listeningPorts: [80])
        first.suspicious = ["a"]
        var second = Evidence(processesKilled: 1, listeningPorts: [22, 80], changedInside: 4)
        second.suspicious = ["a", "b"]
        let whole = combine([verdict(["reward": 1], evidence: first), verdict(["reward": 1], evidence: second)])
        #expect(whole.evidence.processesKilled == 3 && whole.evidence.listeningPorts == [22, 80])
        #expect(whole.evidence.suspicious == ["a", "b"] && whole.evidence.changedInside == 4)
    }
}
