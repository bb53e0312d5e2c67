import Testing
import Wire

@testable import Verifier

struct RewardFileTests {
    private func bytes(_ text: String?) -> [UInt8]? { text.map { Array($0.utf8) } }

    @Test(arguments: [
        ("1", ["reward": 1.0]), (" 0.5\n", ["reward": 0.5]), ("1e-3", ["reward": 0.001]), ("-2", ["reward": -2.0]),
    ])
    func readsText(text: String, rewards: [String: Double]) {
        #expect(readRewards(json: nil, text: bytes(text)) == .rewards(rewards))
    }

    @Test func jsonWinsOverText() {
        let reading = readRewards(json: bytes(#"{"reward": 0, "fraction": 0.5, "flag": true}"#), text: bytes("1"))
        #expect(reading == .rewards(["reward": 0, "fraction": 0.5, "flag": 1]))
    }

    /// None of these may become a number, least of all 0.
    @Test(
        arguments: [
            (nil, nil, "RewardFileNotFoundError"), (nil, "", "RewardFileEmptyError"),
            (nil, " \n", "RewardFileEmptyError"),
            ("", "1", "RewardFileEmptyError"), (nil, "nan", "VerifierOutputParseError"),
            (nil, "inf", "VerifierOutputParseError"), (nil, "-Infinity", "VerifierOutputParseError"),
            (nil, "1e999", "VerifierOutputParseError"), (nil, "passed", "VerifierOutputParseError"),
            (nil, "1 1", "VerifierOutputParseError"), ("{", "1", "VerifierOutputParseError"),
            ("{}", "1", "VerifierOutputParseError"), ("[1]", "1", "VerifierOutputParseError"),
            (#"{"reward": NaN}"#, "1", "VerifierOutputParseError"),
            (#"{"reward": "1"}"#, "1", "VerifierOutputParseError"),
            (#"{"reward": null}"#, "1", "VerifierOutputParseError"),
            (#"{"reward": 1e999}"#, "1", "VerifierOutputParseError"),
        ] as [(String?, String?, String)]
    )
    func refusesWhatIsNoReward(json: String?, text: String?, exception: String) {
        guard case .unverifiable(let found, _) = readRewards(json: bytes(json), text: bytes(text)) else {
            Issue.record("took \(json ?? "-") / \(text ?? "-") for a reward")
            return
        }
        #expect(found == exception)
    }
}

struct VerdictRulesTests {
    private func verdict(_ rewards: [String: Double], survivors: Int = 0) -> Verdict {
        makeVerdict(
            reading: .rewards(rewards),
            tests: [],
            mode: .isolated,
            evidence: Evidence(survivors: survivors),
            onPristineSystem: false
        )
    }

    @Test func passedMeansFullReward() {
        #expect(verdict(["reward": 1]).outcome == .passed)
        #expect(verdict(["reward": 1, "other": 0]).outcome == .passed)
        #expect(verdict(["reward": 0.999]).outcome == .failed)
        #expect(verdict(["a": 1, "b": 1.5]).outcome == .passed)
        #expect(verdict(["a": 1, "b": 0.5]).outcome == .failed)
    }

    @Test func survivorsMakeEveryRewardWorthless() {
        let verdict = verdict(["reward": 1], survivors: 1)
        #expect(verdict.outcome == .unverifiable)
        #expect(verdict.rewards.isEmpty)
    }

    @Test func disagreementsNameWhatDiffers() {
        var original = verdict(["reward": 1])
        original.tests = [TestResult(name: "a", status: .passed)]
        var other = verdict(["reward": 0])
        other.tests = [TestResult(name: "a", status: .failed)]
        #expect(disagreements(original: original, runs: [original, original]).isEmpty)
        let found = disagreements(original: original, runs: [original, other])
        #expect(found.count == 3)
        #expect(found.allSatisfy { $0.hasPrefix("run 2: ") })
    }
}

struct CTRFReportTests {
    @Test func informsButNeverDecides() {
        let report =
            #"{"results":{"tool":{"name":"x"},"tests":[{"name":"a","status":"passed","duration":3},{"name":"b","status":"odd","message":"why"}]}}"#
        let tests = readCTRF(Array(report.utf8))
        #expect(tests.map(\.status) == [.passed, .other])
        #expect(tests[1].message == "why")
        #expect(readCTRF(nil).isEmpty)
        #expect(readCTRF(Array("{}".utf8)).isEmpty)
        #expect(readCTRF([0xff]).isEmpty)
    }
}
