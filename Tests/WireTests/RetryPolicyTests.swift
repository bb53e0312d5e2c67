import Testing
import Wire

/// When a trial is tried again; the names are those of Harbor's table of failure classes.
struct RetryPolicyTests {
    @Test(
        arguments: [
            ("SandboxBuildFailedError", true), ("HealthcheckError", true), ("MemoryLimitExceededError", true),
            ("ApiRateLimitError", true), ("NonZeroAgentExitCodeError", true), ("NobodyKnowsThisError", true),
            ("AgentTimeoutError", false), ("VerifierTimeoutError", false), ("RewardFileNotFoundError", false),
            ("ServiceOperationsUnsupportedError", false), ("AgentSafetyRefusalError", false),
            ("BudgetExceededError", false), ("CancelledError", false),
        ]
    )
    func followsHarborsClasses(exception: String, isRetried: Bool) {
        #expect(RetryPolicy(maximum: 1).retries(exception, after: 0) == isRetried)
        #expect(!RetryPolicy(maximum: 1).retries(exception, after: 1), "one retry is one")
        #expect(!RetryPolicy().retries(exception, after: 0), "the default is none")
    }

    @Test func excludingWinsOverIncluding() {
        let policy = RetryPolicy(maximum: 3, include: ["A", "B"], exclude: ["B"])
        #expect(policy.retries("A", after: 2))
        #expect(!policy.retries("B", after: 0) && !policy.retries("C", after: 0))
    }

    @Test func waitsGrowUpToTheirMaximum() {
        let policy = RetryPolicy(maximum: 9, minimumSeconds: 2, maximumSeconds: 15, multiplier: 2)
        #expect((0...5).map { policy.wait(after: $0) } == [2, 4, 8, 15, 15, 15])
        #expect(RetryPolicy(maximum: 2).wait(after: 1) == 1)
        let huge = RetryPolicy(maximum: 1000, minimumSeconds: 1, maximumSeconds: 60, multiplier: 1e300)
        #expect(huge.wait(after: 1000) == 60)
        #expect(RetryPolicy(minimumSeconds: 5, maximumSeconds: 1).wait(after: 0) == 1)
        #expect(RetryPolicy(minimumSeconds: 0, multiplier: 2).wait(after: 1000) == 0)
    }
}
