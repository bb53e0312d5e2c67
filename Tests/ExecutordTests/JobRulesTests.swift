import Testing
import Trajectory
import Wire

@testable import Executord

/// What a job may ask for, what follows the end of a try, and what may be removed.
struct JobRulesTests {
    private static let task = JobTask(digest: "sha256:1", name: "t", path: "/t")

    private func refusal(_ change: (inout JobCreate.Params) -> Void) -> String {
        var params = JobCreate.Params(tasks: [Self.task], agent: AgentSpec(kind: .nop))
        change(&params)
        do {
            _ = try JobRules.plan(params, defaultConcurrency: 2)
            return "accepted"
        } catch {
            return "\(error.data.name) \(error.message)"
        }
    }

    @Test func plansAreChecked() throws {
        let plan = try JobRules.plan(
            JobCreate.Params(tasks: [Self.task], agent: AgentSpec(kind: .nop), attempts: 4),
            defaultConcurrency: 3
        )
        #expect(plan.concurrency == 3 && plan.attempts == 4 && plan.retry.maximum == 0)
        #expect(refusal { _ in } == "accepted")
        #expect(refusal { $0.tasks = [] }.contains("tasks is empty"))
        #expect(refusal { $0.attempts = 0 }.contains("attempts is 0"))
        #expect(refusal { $0.attempts = .max }.contains("attempts"))
        #expect(refusal { $0.attempts = JobRules.maximumTrials } == "accepted")
        #expect(refusal { $0.attempts = JobRules.maximumTrials + 1 }.contains("1 tasks with 100001 attempts"))
        #expect(refusal { $0.concurrency = 0 }.contains("concurrency is 0"))
        #expect(refusal { $0.retry.maximum = -1 }.contains("retry.maximum"))
        #expect(refusal { $0.retry.minimumSeconds = .nan }.contains("retry.minimumSeconds"))
        #expect(refusal { $0.retry.maximumSeconds = .infinity }.contains("retry.maximumSeconds"))
        #expect(refusal { $0.retry.multiplier = 0 }.contains("retry.multiplier"))
        #expect(refusal { $0.options.timeoutMultiplier = 0 }.contains("timeoutMultiplier"))
        for name in ["", "a\nb", String(repeating: "n", count: 1000)] {
            #expect(refusal { $0.name = name }.hasPrefix("invalidParams"), "\(name)")
        }
        #expect(refusal { $0.agent.label = "my agent: é" } == "accepted")
        for label in ["a\n\n## Steps", "a\rb", "a\u{1b}[0m", "a\u{85}b"] {
            #expect(refusal { $0.agent.label = label }.contains("agent.label has control characters"))
        }
        let secret = ActionRequest(argv: ["true"], environment: ["TOKEN": "x"])
        #expect(refusal { $0.agent = AgentSpec(kind: .replay, actions: [secret]) }.contains("environment values"))
    }

    @Test func refusalsNameEveryTask() {
        let error = WireError(.taskRefused, "no", reason: "r", remedy: "mend it")
        #expect(JobRules.refusal([("a", error)], of: 1).message == "no")
        let both = JobRules.refusal([("a", error), ("b", error)], of: 5)
        #expect(both.message == "2 of 5 tasks cannot be run here: a: no; b: no")
        #expect(both.data.reason == "r" && both.data.remedy == "mend it; or leave these tasks out")
        let many = JobRules.refusal((0..<25).map { ("t\($0)", error) }, of: 25)
        #expect(many.message.hasSuffix("and 5 more") && many.message.contains("t19: no"))
    }

    @Test func onlyWhatAnotherTryMayMendIsTriedAgain() {
        func next(
            _ phase: TrialPhase,
            _ exception: String?,
            number: Int = 3,
            retries: Int = 0
        ) -> JobRules.NextTry? {
            JobRules.nextTry(
                after: EndedTry(
                    trial: "t",
                    phase: phase,
                    exception: exception,
                    number: number,
                    retries: retries,
                    valuesWithheld: false
                ),
                policy: RetryPolicy(maximum: 2, minimumSeconds: 3, multiplier: 2)
            )
        }
        #expect(next(.errored, "SandboxBuildFailedError") == JobRules.NextTry(waitSeconds: 3, counts: true))
        #expect(next(.errored, "SandboxBuildFailedError", retries: 1)?.waitSeconds == 6)
        #expect(next(.errored, "SandboxBuildFailedError", retries: 2) == nil)
        #expect(next(.interrupted, "CancelledError", retries: 2) == JobRules.NextTry(waitSeconds: 0, counts: false))
        #expect(next(.interrupted, nil) != nil)
        // What ends the daemon each time is given up; retries by policy are not counted.
        #expect(next(.interrupted, nil, number: 20) != nil && next(.interrupted, nil, number: 21) == nil)
        #expect(next(.interrupted, nil, number: 22, retries: 2) != nil)
        #expect(next(.cancelled, "HealthcheckError") == nil, "somebody wanted it to end")
        #expect(next(.finished, nil) == nil)
        #expect(next(.finished, "AgentTimeoutError") == nil && next(.finished, "RewardFileEmptyError") == nil)
        #expect(next(.finished, "MemoryLimitExceededError") != nil, "the verifier ran out of memory: no verdict")
    }

    @Test func layersAreKeptByOutcomeAndAge() {
        let policy = RetentionPolicy()
        func seconds(_ outcome: VerdictOutcome?, _ keep: StoreCollect.KeptLayers?, older: Double? = nil) -> Double? {
            policy.layerSeconds(outcome, .init(dryRun: true, olderThanSeconds: older, keepLayers: keep))
        }
        #expect(seconds(.passed, nil) == 604_800.0)
        for outcome in [VerdictOutcome.failed, .unverifiable, nil] {
            #expect(seconds(outcome, nil) == 2_592_000.0)
            #expect(seconds(outcome, .failed, older: 1) == nil)
        }
        #expect(seconds(.failed, nil, older: 60) == 60)
        #expect(seconds(.passed, .failed) == 604_800.0 && seconds(.passed, .failed, older: 0) == 0)
        #expect(seconds(.passed, .all, older: 0) == nil)
        #expect(seconds(.failed, StoreCollect.KeptLayers.none) == 0)
        #expect(seconds(.failed, StoreCollect.KeptLayers.none, older: 5) == 5)
        #expect(policy.outputSeconds(.init(dryRun: true, olderThanSeconds: 0)) == nil, "kept unless the policy says")
        #expect(RetentionPolicy(outputDays: 2).outputSeconds(.init(dryRun: true)) == 172_800.0)
    }
}
