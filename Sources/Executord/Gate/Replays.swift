import Gate
import Reactor
import Skills
import Statistics
import Trajectory
import Wire

/// Runs tasks with a version and without it, as a job of its own, and pairs what comes of them.
struct Replays: Sendable {
    let subject: GateSubject
    let agent: AgentSpec

    /// What the two sides of a job came to.
    struct Outcome: Sendable {
        let job: String
        let pairs: [MatchedTrials]

        /// By task: the full passes of either side.
        var outcomes: [PairedOutcome] { MatchedTrials.outcomes(pairs) }
        /// Trials with the version whose agent opened it.
        var opened: Int
    }

    /// Runs `tasks`, `attempts` times on either side; what they show goes into the library as pairs.
    func run(_ tasks: [JobTask], attempts: Int, stage: GateStage) async throws -> Outcome {
        let (with, without) = ([try subject.given()], try subject.givenOtherwise())
        var entries: [JobTask] = []
        for task in tasks {
            for skills in [with, without] {
                entries.append(JobTask(digest: task.digest, name: task.name, path: task.path, skills: skills))
            }
        }
        var random = SplitMix64(seed: UInt64(bitPattern: Int64(subject.params.seed)))
        entries.shuffle(using: &random)
        let params = JobCreate.Params(
            name: "gate-\(subject.reference.skill)-\(subject.reference.version)-\(stage.number)-\(subject.run)",
            tasks: entries,
            agent: agent,
            attempts: attempts,
            options: subject.params.options,
            templates: subject.params.templates
        )
        let created = try await subject.trials.createJob(params, owner: subject.caller.user)
        await subject.tell(job: created.job)
        try await wait(created.id)
        var runs: [MatchedTrials.Run] = []
        for name in try await subject.services.store.trials(ofJob: created.id, visibleTo: nil) {
            runs.append(MatchedTrials.Run(try await subject.services.store.detail(name)))
        }
        let pairs = MatchedTrials.pairs(of: runs) { run in
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
        return Outcome(job: created.job, pairs: pairs, opened: uses.count { names.contains($0.trial) && $0.opened })
    }

    /// Until nothing of the job runs; a caller that leaves ends it.
    private func wait(_ uuid: String) async throws {
        let row = try await subject.services.store.resolveJob(uuid, visibleTo: nil)
        for await _ in subject.services.jobFeed.watch("\(row.id)") {
            if await !subject.trials.isOpen(row.id) { break }
        }
        guard !Task.isCancelled else {
            let trials = subject.trials
            // The cancellation must not cut its own work short.
            try await Task { try await trials.cancelJob(row.id) }.value
            throw CancellationError()
        }
    }
}

/// Two trials of one attempt at one task that differ in a version.
struct MatchedTrials: Sendable {
    struct Run: Sendable {
        let name: String
        let configuration: TrialConfiguration
        let attempt: Int
        let actions: Int
        /// nil without a verdict.
        let hasPassed: Bool?

        init(_ detail: TrialDetail) {
            name = detail.summary.trial
            configuration = detail.configuration
            attempt = detail.jobTry?.attempt ?? 1
            actions = detail.summary.actions
            switch detail.verdict?.outcome {
            case .passed: hasPassed = true
            case .failed: hasPassed = false
            case .unverifiable, nil: hasPassed = nil
            }
        }
    }

    let task: String
    let with: Run
    let without: Run

    /// Pairs by task and attempt; one whose side without the version has no verdict says nothing and is left out.
    static func pairs(of runs: [Run], isWith: (Run) -> Bool) -> [MatchedTrials] {
        struct Place: Hashable {
            let task: String
            let attempt: Int
        }
        let places = Dictionary(grouping: runs) { Place(task: $0.configuration.taskDigest, attempt: $0.attempt) }
        return places.sorted { ($0.key.task, $0.key.attempt) < ($1.key.task, $1.key.attempt) }.compactMap {
            place,
            runs in
            guard let with = runs.first(where: isWith), let without = runs.first(where: { !isWith($0) }),
                without.hasPassed != nil
            else { return nil }
            return MatchedTrials(task: place.task, with: with, without: without)
        }
    }

    /// A side with the version that has no verdict counts as failed: a version may break a trial, too.
    static func outcomes(_ pairs: [MatchedTrials]) -> [PairedOutcome] {
        let tasks = Dictionary(grouping: pairs, by: \.task)
        return tasks.keys.sorted().compactMap { task in
            let own = tasks[task] ?? []
            return PairedOutcome(
                task: task,
                with: own.map { $0.with.hasPassed == true ? 1 : 0 },
                without: own.map { $0.without.hasPassed == true ? 1 : 0 }
            )
        }
    }

    /// For the library, where both sides have a verdict.
    func trialPair(_ source: TrialPair.Source) -> TrialPair? {
        guard let passedWith = with.hasPassed, let passedWithout = without.hasPassed else { return nil }
        return TrialPair(
            source: source,
            task: task,
            with: with.name,
            without: without.name,
            passedWith: passedWith,
            passedWithout: passedWithout
        )
    }
}
