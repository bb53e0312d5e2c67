import FoundationEssentials
import Glibc
import Sandbox
import Tasks
import Trajectory
import Wire

/// Takes submissions, runs what the host has room for, cancels; the queue is the table in the store.
actor TrialService {
    let services: TrialServices
    private(set) var admission: Admission
    /// Trials that wait, in order of submission; what the store has in its queue.
    private var waiting: [Admission.Claim] = []
    private var running: [String: Run] = [:]
    /// Template values of queued trials: in memory only, they may be secrets.
    private var templates: [String: [String: String]] = [:]
    /// Actions of queued replays whose environments have values, which are not stored either.
    private var actions: [String: [ActionRequest]] = [:]
    /// Jobs of which something waits, runs or is about to, with their template values.
    private var openJobs: [Int: [String: String]] = [:]
    /// What is being learnt of jobs that have ended.
    var distillations: [Int: Task<Void, Never>] = [:]
    /// Wakes the scheduler when a trial's wait is over.
    private var alarm: Task<Void, Never>?
    private(set) var isStopping = false

    private struct Run {
        let recorder: TrialRecorder
        let job: Int?
        let task: Task<Void, Never>
    }

    init(services: TrialServices, concurrency: Int) {
        self.services = services
        admission = Admission(capacity: services.capacity, concurrency: concurrency)
    }

    var runningCount: Int { running.count }

    /// Whether trials run or will without anybody's doing.
    var isBusy: Bool { !running.isEmpty || !distillations.isEmpty || waiting.contains(where: \.isRunByDaemon) }

    /// Whether something of a job waits, runs or is about to.
    func isOpen(_ job: Int) -> Bool { openJobs[job] != nil }

    /// Settles what an earlier daemon left: cut-off trials are interrupted, or go on when they are a job's; queued ones start.
    func recover() async throws {
        let interrupted = try await services.store.interruptUnfinished()
        for trial in interrupted {
            TrialFiles(directory: services.store.filesDirectory(trial: trial)).removeDrafts()
        }
        if !interrupted.isEmpty { Log.warning("\(interrupted.count) trials were cut off with the last daemon") }
        let jobs = try await recoverJobs()
        var queued: [QueuedTrial] = []
        for trial in try await services.store.queued() {
            let loss: TrialException? =
                trial.valuesWithheld ? .valuesLost : trial.configuration.repeats == nil ? nil : .nobodyWaits
            guard let loss else {
                queued.append(trial)
                continue
            }
            _ = try await services.store.finish(trial.trial, phase: .interrupted, exception: loss)
        }
        let shares = await shares(of: queued)
        for job in jobs { openJobs[job] = [:] }
        waiting = queued.map { claim($0, shares) }
        schedule()
        for job in jobs { await closeIfDone(job) }
    }

    /// Checks and queues a trial; it is durable when this returns.
    func submit(_ params: TrialSubmit.Params, owner: UInt32) async throws -> TrialSubmit.Result {
        guard !isStopping else { throw WireError(.shuttingDown, "the daemon is stopping") }
        try SubmissionRules.check(params)
        let task = try services.tasks.load(params.configuration.taskDigest)
        var configuration = params.configuration
        configuration.taskName = task.definition.name
        let warnings = try check(configuration, task, params.templates)
        let hasValues = configuration.agent.actions.contains { !$0.environment.values.allSatisfy(\.isEmpty) }
        let submission = try await services.store.submit(
            configuration,
            owner: owner,
            job: params.job,
            withholdsValues: !params.templates.isEmpty || hasValues
        )
        if !params.templates.isEmpty { templates[submission.trial] = params.templates }
        if hasValues { actions[submission.trial] = configuration.agent.actions }
        waiting.append(
            Admission.Claim(
                trial: submission.trial,
                share: share(task),
                isRunByDaemon: configuration.agent.kind.isRunByDaemon
            )
        )
        schedule()
        return TrialSubmit.Result(trial: submission.trial, job: submission.job, warnings: warnings)
    }

    /// Refuses what this version or this host cannot honour, before anything is stored.
    func check(
        _ configuration: TrialConfiguration,
        _ task: LoadedTask,
        _ templates: [String: String]
    ) throws -> [String] {
        let refusals = self.refusals(of: task, configuration)
        if let first = refusals.first {
            throw WireError(.taskRefused, first.message, reason: first.reason, remedy: first.remedy)
        }
        if !configuration.allowUnenforced { try HostShare.check(task.definition, capacity: admission.capacity) }
        let stages = task.stages.map(\.definition)
        let apart = stages.filter { $0.verifiesSeparately(configuration.verifierMode) }.map(\.ofSeparateVerifier)
        for definition in stages + apart {
            _ = try TrialSettings(
                definition,
                templates: templates,
                multiplier: configuration.timeoutMultiplier,
                defaults: services.defaults
            )
        }
        try checkSteps(of: configuration.agent.actions, stages)
        try services.shelf.check(configuration.skills ?? [])
        let unsolved = task.stages.first { !$0.definition.contents.hasSolution }
        if configuration.agent.kind.usesSolution, let unsolved {
            let place = unsolved.definition.stage.map { "steps/\($0.name)/" } ?? ""
            throw WireError(
                .taskRefused,
                "\(task.definition.name) has no \(place)solution/solve.sh for the \(configuration.agent.kind.rawValue)",
                reason: "noSolution",
                remedy: "choose another agent"
            )
        }
        return task.warnings.map(\.message)
    }

    /// - Throws: when an action to be replayed belongs to a step that the task does not have.
    private func checkSteps(of actions: [ActionRequest], _ stages: [TaskDefinition]) throws(WireError) {
        let names = Set(stages.compactMap(\.stage?.name))
        for case let name? in actions.lazy.map(\.step) where !names.contains(name) {
            throw WireError(
                .invalidParams,
                "an action belongs to the step '\(name)', which the task does not have",
                remedy: names.isEmpty
                    ? "the task has no steps: leave 'step' out" : "steps: \(names.sorted().joined(separator: ", "))"
            )
        }
    }

    nonisolated func refusals(of task: LoadedTask, _ configuration: TrialConfiguration) -> [TaskRefusal] {
        var refusals: [TaskRefusal] = []
        for stage in task.stages.map(\.definition) {
            let isApart = stage.verifiesSeparately(configuration.verifierMode)
            let found = stage.refusals(
                image: services.images.reference(override: configuration.image, task: stage),
                verifierImage: isApart
                    ? services.images.verifierReference(override: configuration.image, task: stage) : nil,
                verifierMode: configuration.verifierMode,
                capabilities: HostCapabilities(network: services.network, lowered: configuration.network)
            )
            refusals += found.filter { !refusals.contains($0) }
        }
        return refusals
    }

    // MARK: The queue

    /// What a trial of a task takes of the host.
    func share(_ task: LoadedTask) -> HostShare {
        HostShare(of: task.definition, defaults: services.defaults, capacity: admission.capacity)
    }

    private func claim(_ trial: QueuedTrial, _ shares: [String: HostShare]) -> Admission.Claim {
        Admission.Claim(
            trial: trial.trial,
            share: shares[trial.configuration.taskDigest] ?? HostShare(memoryBytes: 0, processors: 0),
            job: trial.planned?.id,
            jobLimit: trial.planned?.concurrency ?? .max,
            notBefore: trial.planned?.notBefore,
            isRunByDaemon: trial.configuration.agent.kind.isRunByDaemon
        )
    }

    /// Puts new trials of a job at the queue's end.
    func enqueue(_ trials: [QueuedTrial], of job: Int, shares: [String: HostShare], templates: [String: String]) {
        openJobs[job] = templates
        waiting += trials.map { claim($0, shares) }
        schedule()
        services.jobFeed.wake("\(job)")
    }

    private func schedule() {
        guard !isStopping else { return }
        let now = Timestamp.now()
        for claim in admission.admit(from: &waiting, at: now) { start(claim) }
        // What waits for room has the whole of it.
        if waits(at: now) {
            Task { [prepared = services.prepared] in await prepared.drop() }
        }
        alarm?.cancel()
        alarm = admission.nextTime(of: waiting, after: now).map { time in
            Task(name: "alarm") {
                guard (try? await Task.sleep(for: .milliseconds(time.milliseconds - now.milliseconds))) != nil else {
                    return
                }
                self.schedule()
            }
        }
    }

    /// Whether a trial waits for others to end.
    private func waits(at now: Timestamp) -> Bool {
        waiting.contains { $0.isRunByDaemon && ($0.notBefore ?? now) <= now }
    }

    /// Whether nothing that waits or runs would have less by a sandbox with these limits.
    func hasRoom(for limits: CgroupLimits) -> Bool {
        let share = HostShare(memoryBytes: limits.memoryBytes ?? 0, processors: limits.cpus ?? 1)
        return !isStopping && !waits(at: .now()) && (admission.taken + share).fits(in: admission.capacity)
    }

    private func start(_ claim: Admission.Claim) {
        let recorder = TrialRecorder(trial: claim.trial, store: services.store, feed: services.feed)
        let values = templates.removeValue(forKey: claim.trial) ?? claim.job.flatMap { openJobs[$0] } ?? [:]
        let actions = actions.removeValue(forKey: claim.trial)
        let services = services
        let task = Task(name: claim.trial) {
            do {
                // nil: ended while it was being started.
                if var trial = try await services.store.queued(claim.trial) {
                    if let actions { trial.configuration.agent.actions = actions }
                    await TrialRun(
                        services: services,
                        recorder: recorder,
                        owner: trial.owner,
                        configuration: trial.configuration,
                        templates: values,
                        rested: { await self.rested(claim) }
                    ).run()
                }
            } catch {
                try? await recorder.end(.failed, exception: TrialException(describing: error))
            }
            await self.ended(claim)
        }
        running[claim.trial] = Run(recorder: recorder, job: claim.job, task: task)
        if let job = claim.job { services.jobFeed.wake("\(job)") }
    }

    /// A trial's last program has ended; its verdict is to be made.
    private func rested(_ claim: Admission.Claim) {
        admission.rest(claim.trial)
        schedule()
    }

    private func ended(_ claim: Admission.Claim) async {
        if let job = claim.job, !isStopping {
            do {
                if let next = try await settle(claim.trial, of: job) {
                    waiting.append(self.claim(next, [next.configuration.taskDigest: claim.share]))
                }
            } catch {
                Log.error("the end of \(claim.trial) could not be settled, the next start will: \(error)")
            }
        }
        running.removeValue(forKey: claim.trial)
        admission.release(claim.trial)
        services.feed.wake(claim.trial)
        services.sessions.trialEnded(claim.trial)
        schedule()
        if let job = claim.job { await closeIfDone(job) }
    }

    /// Notes the end of a job of which nothing waits or runs any more, and wakes those who watch it.
    private func closeIfDone(_ job: Int) async {
        defer { services.jobFeed.wake("\(job)") }
        guard isOpen(job), !isStopping, !isActive(job) else { return }
        do {
            try await services.store.endJob(job)
            try await learn(from: job)
        } catch {
            Log.error("the end of job \(job) could not be recorded: \(error)")
        }
        if !isActive(job) { openJobs[job] = nil }
    }

    private func isActive(_ job: Int) -> Bool {
        running.values.contains { $0.job == job } || waiting.contains { $0.job == job }
    }

    // MARK: Agents outside

    /// Starts a queued trial whose agent is outside, and waits until it can act; nil when the trial ended before.
    ///
    /// A trial of a task takes its place in the queue; a sandbox without one has no verdict that depends on the host's
    /// having room, and starts at once.
    func opened(_ trial: String) async throws -> LiveSession? {
        guard !isStopping else { throw WireError(.shuttingDown, "the daemon is stopping") }
        let configuration = try await services.store.detail(trial).configuration
        guard let place = waiting.firstIndex(where: { $0.trial == trial }), !waiting[place].isRunByDaemon else {
            let phase = try await services.store.summary(trial).phase.rawValue
            throw WireError(
                .conflict,
                "trial \(trial) is \(phase), or opened by somebody else",
                remedy: "session.join acts in a live trial"
            )
        }
        waiting[place].isRunByDaemon = true
        // Asked for before it can start: its end is told once.
        let session = services.sessions.expect(trial)
        if configuration.verifierMode == .none {
            start(waiting.remove(at: place))
        } else {
            schedule()
        }
        for await live in session { return live }
        return nil
    }

    /// The connection that a trial was tied to is gone: it is cancelled, unless its agent had said that it was done.
    ///
    /// A job's is cut off instead: it is queued anew, for whoever goes on with the job.
    func abandoned(_ trial: String) async {
        let sessions = services.sessions
        let ended = sessions.session(ofTrial: trial)?.ended ?? sessions.ended { $0.trial == trial }
        if let ended, ended.isSubmitted, ended.isLast { return }
        if let run = running[trial], run.job != nil { run.recorder.cutOff() }
        // A trial that has ended by itself is left as it is.
        try? await cancel(trial)
    }

    // MARK: Ends

    /// Cancels a trial and waits until it has ended.
    func cancel(_ trial: String) async throws {
        if let run = running[trial] {
            run.task.cancel()
            await run.task.value
            return
        }
        let summary = try await services.store.summary(trial)
        guard summary.phase == .queued, let place = waiting.firstIndex(where: { $0.trial == trial }) else {
            // It was started meanwhile.
            if running[trial] != nil { return try await cancel(trial) }
            throw WireError(.conflict, "trial \(trial) has ended: \(summary.phase.rawValue)")
        }
        let claim = waiting.remove(at: place)
        _ = try await services.store.finish(
            trial,
            phase: .cancelled,
            exception: TrialException(type: "CancelledError", message: "cancelled in the queue", occurredAt: .now())
        )
        services.feed.wake(trial)
        services.sessions.trialEnded(trial)
        schedule()
        if let job = claim.job { await closeIfDone(job) }
    }

    /// Cancels a job; when this returns, nothing of it waits or runs.
    func cancelJob(_ job: Int) async throws {
        // Out of the queue first: nothing of it starts while the store is at it.
        waiting.removeAll { $0.job == job }
        let taken = Set(running.filter { $0.value.job == job }.keys)
        for trial in try await services.store.cancelJob(job, except: taken) { services.feed.wake(trial) }
        // A try that was queued between the two.
        waiting.removeAll { $0.job == job }
        let runs = running.values.filter { $0.job == job }
        for run in runs { run.task.cancel() }
        for run in runs { await run.task.value }
        schedule()
        await closeIfDone(job)
    }

    /// Waits until a trial has ended, in whatever way.
    func wait(_ trial: String) async throws -> TrialSummary {
        for await _ in services.feed.watch(trial) {
            let summary = try await services.store.summary(trial)
            if summary.phase.isTerminal { return summary }
        }
        throw CancellationError()
    }

    /// Takes nothing new; ends what runs, or lets it finish.
    ///
    /// Trials of jobs are cut off, not cancelled: the next daemon goes on with them.
    func stop(drain: Bool) async {
        isStopping = true
        alarm?.cancel()
        if !drain {
            for run in running.values {
                if run.job != nil { run.recorder.cutOff() }
                run.task.cancel()
            }
        }
        for run in Array(running.values) { await run.task.value }
        for distillation in Array(distillations.values) {
            distillation.cancel()
            await distillation.value
        }
    }
}
