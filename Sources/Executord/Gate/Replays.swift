import Gate
import Reactor
import Skills
import Statistics
import Trajectory
import Wire

/// Runs tasks with a version and without it, as a job of its own, and pairs what comes of them.
///
/// A run that was cut off is taken up by the job's name. That leaves nothing to choose: the trials are the plan's, every one
/// has to end before anything is decided, and what has ended counts as it is.
struct Replays: Sendable {
    let subject: GateSubject
    let agent: AgentSpec

    /// What the two sides of a job came to.
    struct Outcome: Sendable {
        let job: String
        let pairs: [MatchedTrials]
        /// Trials with the version whose agent opened it.
        let opened: Int
        /// Said behind the figures: empty but of a run that was taken up.
        let remark: String

        /// By task: the full passes of either side.
        var outcomes: [PairedOutcome] { MatchedTrials.outcomes(pairs) }
    }

    /// Runs `tasks`, `attempts` times on either side; what they show goes into the library as pairs.
    func run(_ tasks: [JobTask], attempts: Int, stage: GateStage) async throws -> Outcome {
        let without = try subject.givenOtherwise()
        let (job, known) = try await begin(plan(tasks, without: without, attempts: attempts, stage: stage))
        try await wait(job)
        let pairs = MatchedTrials.pairs(of: try await runs(of: job)) { run in
            run.configuration.skills?.contains { $0.digest == subject.version.digest } ?? false
        }
        let isBare = without == nil
        for pair in pairs where isBare {
            if let known = pair.trialPair(.gate) {
                try await subject.services.meter.credit(known, of: subject.reference)
            }
        }
        let uses = try await subject.library.uses(of: subject.reference)
        let names = Set(pairs.map(\.with.name))
        return Outcome(
            job: job.name,
            pairs: pairs,
            opened: uses.count { names.contains($0.trial) && $0.opened },
            remark: try await remark(job, known)
        )
    }

    private func plan(
        _ tasks: [JobTask],
        without: [SkillGiven]?,
        attempts: Int,
        stage: GateStage
    ) throws -> JobCreate.Params {
        let with = [try subject.given()]
        var entries: [JobTask] = []
        for task in tasks {
            for skills in [with, without] {
                entries.append(JobTask(digest: task.digest, name: task.name, path: task.path, skills: skills))
            }
        }
        var random = SplitMix64(seed: UInt64(bitPattern: Int64(subject.params.seed)))
        entries.shuffle(using: &random)
        return JobCreate.Params(
            name: "gate-\(subject.reference.skill)-\(subject.reference.version)-\(stage.number)-\(subject.run)",
            tasks: entries,
            agent: agent,
            attempts: attempts,
            options: subject.params.options,
            templates: subject.params.templates
        )
    }

    /// Makes the job, or goes on with it where the run that was cut off had made it.
    private func begin(
        _ params: JobCreate.Params
    ) async throws -> (job: JobRow, known: SkillGateProgress.TakenUp?) {
        let (store, trials, user) = (subject.services.store, subject.trials, subject.caller.user)
        guard let begun = subject.begun, let name = params.name, let job = try await store.job(named: name, of: user)
        else {
            let created = try await trials.createJob(params, owner: user)
            await subject.tell(job: created.job)
            return (try await store.resolveJob(created.id, visibleTo: nil), nil)
        }
        let stored = try await store.jobPlan(job.id)
        guard stored.tasks == params.tasks, stored.agent == params.agent, stored.attempts == params.attempts,
            stored.options == params.options
        else {
            throw WireError(
                .conflict,
                "the job \(name) runs something else than the test that was cut off: somebody else made it",
                remedy: "with another --seed the test begins anew, and spends a share of its own"
            )
        }
        let progress = try await store.jobSummary(job.id).progress
        let ended = progress.passed + progress.failed + progress.unverifiable + progress.errored
        let known = SkillGateProgress.TakenUp(begunAt: begun.at, ended: ended, trials: progress.total)
        await subject.tell(job: job.name, takenUp: known)
        // After a crash the job goes on by itself; one that was cancelled, or lacks its templates' values, does not.
        if await !trials.isOpen(job.id) {
            _ = try await trials.resumeJob(job, templates: params.templates, retriesErrors: false)
        }
        return (job, known)
    }

    /// Until nothing of the job runs; a caller that leaves ends it.
    private func wait(_ job: JobRow) async throws {
        for await _ in subject.services.jobFeed.watch("\(job.id)") {
            if await !subject.trials.isOpen(job.id) { break }
        }
        guard !Task.isCancelled else {
            let trials = subject.trials
            // The cancellation must not cut its own work short.
            try await Task { try await trials.cancelJob(job.id) }.value
            throw CancellationError()
        }
    }

    /// What every attempt came to.
    ///
    /// - Throws: when some have not ended by themselves: who could have them left out would choose when the test is over.
    private func runs(of job: JobRow) async throws -> [MatchedTrials.Run] {
        let attempts = try await subject.services.store.trials(ofJob: job.uuid, visibleTo: nil)
        var runs: [MatchedTrials.Run] = []
        for last in attempts {
            if let trial = try await tries(to: last).counted { runs.append(MatchedTrials.Run(trial)) }
        }
        let missing = attempts.count - runs.count
        guard missing == 0 else {
            throw WireError(
                .conflict,
                "\(missing) of \(attempts.count) trials of job \(job.name) were cancelled or cut off: nothing is decided",
                remedy: "give the same command again: it goes on with a test that has begun"
            )
        }
        return runs
    }

    /// An attempt's tries, the oldest first.
    private func tries(to last: String) async throws -> [TrialDetail] {
        var tries: [TrialDetail] = []
        var name: String? = last
        while let next = name {
            let trial = try await subject.services.store.detail(next)
            tries.insert(trial, at: 0)
            name = trial.jobTry?.after
        }
        return tries
    }

    private func remark(_ job: JobRow, _ known: SkillGateProgress.TakenUp?) async throws -> String {
        guard let known else { return "" }
        let again = try await subject.services.store.jobSummary(job.id).progress.retries
        return
            "; the run of \(known.begunAt) was taken up: \(known.ended) of \(known.trials) trials were there already, "
            + "\(again) were run again"
    }
}
