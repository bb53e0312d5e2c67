import Testing
import Wire

@testable import Trajectory

/// Jobs as rows: made whole, tried again, cancelled, resumed.
struct JobRecordTests {
    private let state: StateDirectory
    private let store: Store

    init() throws {
        state = try StateDirectory()
        store = try state.open()
    }

    private func plan(tasks: Int = 2, attempts: Int = 3, retries: Int = 0, variables: [String] = []) -> JobPlan {
        JobPlan(
            tasks: (0..<tasks).map { JobTask(digest: "sha256:\($0)", name: "demo/t\($0)", path: "/tasks/\($0)") },
            agent: AgentSpec(kind: .oracle),
            attempts: attempts,
            concurrency: 2,
            retry: RetryPolicy(maximum: retries),
            templateVariables: variables
        )
    }

    private func run(_ trial: String, _ outcome: VerdictOutcome?, exception: String? = nil) async throws {
        _ = try await store.transition(trial, to: .starting)
        var verdict = outcome.map { _ in Verdict.sample(reward: outcome == .passed ? 1 : 0) }
        if outcome == .unverifiable {
            verdict?.outcome = .unverifiable
            verdict?.rewards = [:]
            verdict?.exception = exception
        }
        _ = try await store.finish(
            trial,
            phase: verdict == nil ? .errored : .finished,
            verdict: verdict,
            exception: exception.map { TrialException(type: $0, message: "x", occurredAt: .now()) }
        )
    }

    @Test func attemptsOfATeacherHaveSeedsOfTheirOwnAlsoWhenTriedAgain() async throws {
        var plan = plan(retries: 1)
        plan.agent = AgentSpec(kind: .teacher, seed: .max)
        let job = try await store.createJob(plan, name: "lessons", owner: 7)
        let seeds: [UInt64?] = [.max, .max, 0, 0, 1, 1]
        #expect(job.trials.map(\.configuration.agent.seed) == seeds)
        #expect(try await store.queued().map(\.configuration.agent.seed) == seeds)
        #expect(try await store.queued(job.trials[4].trial)?.configuration.agent.seed == 1)
        #expect(try await store.detail(job.trials[2].trial).configuration.agent.seed == 0)
        try await run(job.trials[5].trial, nil, exception: "SandboxBuildFailedError")
        let again = try await store.retry(job.trials[5].trial, notBefore: nil, counts: true)
        #expect(again?.configuration.agent.seed == 1)
    }

    @Test func aJobIsMadeWithAllItsTrials() async throws {
        let job = try await store.createJob(plan(), name: "nightly", owner: 7)
        #expect(job.trials.count == 6)
        #expect(
            job.trials.map(\.configuration.taskName) == (0..<6).map { "demo/t\($0 % 2)" },
            "first attempts come first"
        )
        let row = try await store.resolveJob("nightly", visibleTo: 7)
        #expect(row.uuid == job.uuid && row.owner == 7)
        #expect(try await store.queued() == job.trials)
        #expect(try await store.queued(job.trials[3].trial) == job.trials[3])
        #expect(try await store.jobPlan(row.id) == plan())
        let summary = try await store.jobSummary(row.id)
        #expect(summary.state == .running && summary.progress.total == 6 && summary.progress.queued == 6)
        #expect(summary.tasks == 2 && summary.attempts == 3 && summary.endedAt == nil)
        let detail = try await store.detail(job.trials[2].trial)
        #expect(detail.jobTry == TrialTry(attempt: 2, number: 1, after: nil, replacedBy: nil))
        #expect(detail.configuration == plan().configuration(of: plan().tasks[0]))
        #expect(detail.phases.map(\.phase) == [.queued])
    }

    @Test func aNameIsUsedOnceAndNothingIsLeftOfARefusedJob() async throws {
        _ = try await store.createJob(plan(), name: "nightly", owner: 7)
        await #expect(throws: StoreError.conflict("there is a job 'nightly' already: choose another name")) {
            try await store.createJob(plan(), name: "nightly", owner: 7)
        }
        await #expect(throws: StoreError.self) { try await store.submit(.sample(), owner: 7, job: "nightly") }
        #expect(try await store.counts() == [.queued: 6])
        #expect(try await store.jobs(limit: 10, visibleTo: 7).total == 1)
        // Another user's name is another name, and nobody else's business.
        let other = try await store.createJob(plan(), name: "nightly", owner: 8)
        #expect(try await store.resolveJob("nightly", visibleTo: 8).uuid == other.uuid)
        await #expect(throws: StoreError.self) { try await store.resolveJob("nightly", visibleTo: nil) }
        #expect(try await store.resolveJob(other.uuid, visibleTo: nil).owner == 8)
        await #expect(throws: StoreError.self) { try await store.resolveJob(other.uuid, visibleTo: 7) }
        #expect(try await store.jobs(limit: 10, visibleTo: 8).jobs.map(\.id) == [other.uuid])
        // A batch of single trials is no such job.
        _ = try await store.submit(.sample(), owner: 7, job: "batch")
        await #expect(throws: StoreError.self) { try await store.resolveJob("batch", visibleTo: 7) }
    }

    /// Work that grows with the square of the trials takes minutes here, what it takes now is seconds.
    @Test(.timeLimit(.minutes(3))) func tenThousandTrialsAreOneJob() async throws {
        let job = try await store.createJob(plan(tasks: 1000, attempts: 10), name: "large", owner: 1)
        let row = try await store.resolveJob("large", visibleTo: 1)
        #expect(try await store.jobs(limit: 20, visibleTo: 1).jobs.first?.progress.total == 10_000)
        #expect(try await store.jobDetail(row.id).summary.progress.total == 10_000)
        #expect(try await store.queued().count == 10_000)
        #expect(job.trials.count == 10_000)
        // And cancelled in one stroke.
        #expect(try await store.cancelJob(row.id, except: []).count == 10_000)
        #expect(try await store.jobSummary(row.id).progress.cancelled == 10_000)
    }

    @Test func aRetryReplacesATryAndTheLastCounts() async throws {
        let job = try await store.createJob(plan(tasks: 1, attempts: 1, retries: 2), name: "j", owner: 1)
        let row = try await store.resolveJob("j", visibleTo: 1)
        let first = job.trials[0].trial
        await #expect(throws: StoreError.self) { try await store.retry(first, notBefore: nil, counts: true) }
        try await run(first, nil, exception: "HealthcheckError")
        #expect(
            try await store.endedTry(first)
                == EndedTry(
                    trial: first,
                    phase: .errored,
                    exception: "HealthcheckError",
                    number: 1,
                    retries: 0,
                    valuesWithheld: false
                )
        )
        let time = Timestamp(milliseconds: 5)
        let second = try #require(try await store.retry(first, notBefore: time, counts: true))
        #expect(second.planned?.notBefore == time && second.configuration == job.trials[0].configuration)
        #expect(try await store.retry(first, notBefore: nil, counts: true) == nil, "there is one already")
        #expect(try await store.endedTry(first) == nil)
        try await run(second.trial, .passed)
        #expect(try await store.endedTry(second.trial)?.retries == 1)
        try await store.endJob(row.id)

        let summary = try await store.jobSummary(row.id)
        #expect(summary.state == .finished && summary.endedAt != nil)
        #expect(summary.progress.total == 1 && summary.progress.passed == 1 && summary.progress.retries == 1)
        #expect(try await store.jobDetail(row.id).statistics.overall.exceptions.isEmpty)
        #expect(try await store.detail(first).jobTry?.replacedBy == second.trial)
        #expect(
            try await store.detail(second.trial).jobTry
                == TrialTry(attempt: 1, number: 2, after: first, replacedBy: nil)
        )
        let notes = try await store.events(second.trial).compactMap { event -> String? in
            if case .note(let note) = event.body { note } else { nil }
        }
        #expect(notes == ["try 2 of attempt 1: \(first) ended errored with HealthcheckError"])
        #expect(try await store.trials(ofJob: job.uuid, visibleTo: 1) == [second.trial], "exports have the last try")
        #expect(try await store.summaries(job: "j", visibleTo: 1).total == 2, "the record of the first is kept")
    }

    @Test func endsAreNotRecordedWhileSomethingWaits() async throws {
        let job = try await store.createJob(plan(tasks: 1, attempts: 2), name: "j", owner: 1)
        let row = try await store.resolveJob("j", visibleTo: 1)
        try await run(job.trials[0].trial, .passed)
        try await store.endJob(row.id)
        #expect(try await store.jobSummary(row.id).state == .running)
        #expect(try await store.jobsToDo() == [row.id])
    }

    @Test func aCancelledJobResumesWhatHasNoVerdict() async throws {
        let job = try await store.createJob(plan(tasks: 1, attempts: 4), name: "j", owner: 1)
        let row = try await store.resolveJob("j", visibleTo: 1)
        let names = job.trials.map(\.trial)
        try await run(names[0], .failed)
        try await run(names[1], .unverifiable, exception: "RewardFileEmptyError")
        _ = try await store.transition(names[2], to: .starting)
        #expect(try await store.cancelJob(row.id, except: [names[2]]) == [names[3]])
        _ = try await store.finish(names[2], phase: .cancelled)
        try await store.endJob(row.id)
        var summary = try await store.jobSummary(row.id)
        #expect(summary.state == .cancelled && summary.progress.cancelled == 2)
        #expect(try await store.jobsToDo().isEmpty)
        #expect(try await store.retry(names[2], notBefore: nil, counts: true) == nil, "cancelled is cancelled")

        let resumed = try await store.resumeJob(row.id)
        #expect(resumed.count == 2)
        summary = try await store.jobSummary(row.id)
        #expect(summary.state == .running && summary.progress.queued == 2 && summary.progress.total == 4)
        #expect(summary.progress.failed == 1 && summary.progress.unverifiable == 1)
        #expect(Set(try await store.queued().map(\.trial)) == Set(resumed.map(\.trial)))
        for trial in resumed { try await run(trial.trial, .passed) }
        try await store.endJob(row.id)
        #expect(try await store.resumeJob(row.id).isEmpty)
        #expect(try await store.jobSummary(row.id).state == .finished, "nothing to resume changes nothing")
    }

    @Test func whatEndedWithAnErrorStaysWhereThatIsAskedFor() async throws {
        let job = try await store.createJob(plan(tasks: 1, attempts: 2), name: "j", owner: 1)
        let row = try #require(try await store.job(named: "j", of: 1))
        #expect(try await store.job(named: "j", of: 2) == nil, "another user's")
        let names = job.trials.map(\.trial)
        try await run(names[0], nil, exception: "HealthcheckError")
        _ = try await store.cancelJob(row.id, except: [])
        let resumed = try await store.resumeJob(row.id, retriesErrors: false)
        #expect(resumed.count == 1)
        #expect(try await store.detail(names[1]).jobTry?.replacedBy == resumed.first?.trial)
        #expect(try await store.detail(names[0]).jobTry?.replacedBy == nil)
    }

    @Test func whatACrashCutOffIsFoundAndWithheldValuesWait() async throws {
        let job = try await store.createJob(plan(tasks: 1, attempts: 2), name: "open", owner: 1)
        let secret = try await store.createJob(plan(tasks: 1, attempts: 2, variables: ["TOKEN"]), name: "s", owner: 1)
        #expect(secret.trials.allSatisfy { $0.valuesWithheld })
        _ = try await store.transition(job.trials[0].trial, to: .starting)
        try await store.close()

        let next = try state.open()
        #expect(try await next.interruptUnfinished() == [job.trials[0].trial])
        let lost = TrialException(type: "CancelledError", message: "lost", occurredAt: .now())
        #expect(try await next.interruptWithheld(lost) == secret.trials.map(\.trial))
        let jobs = try await next.jobsToDo()
        #expect(jobs.count == 2)
        let ended = try await next.endedTries(of: jobs[0])
        #expect(ended.map(\.trial) == [job.trials[0].trial] && ended.map(\.phase) == [.interrupted])
        #expect(try await next.endedTries(of: jobs[1]).map { $0.valuesWithheld } == [true, true])
        let again = try #require(try await next.retry(job.trials[0].trial, notBefore: nil, counts: false))
        #expect(try await next.detail(again.trial).jobTry?.number == 2)
        #expect(try await next.queued().map(\.trial) == [job.trials[1].trial, again.trial])
        try await next.endJob(jobs[1])
        #expect(try await next.jobSummary(jobs[1]).state == .interrupted)
    }
}
