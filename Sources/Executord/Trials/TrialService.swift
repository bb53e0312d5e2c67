import FoundationEssentials
import Glibc
import Sandbox
import Tasks
import Trajectory
import Wire

/// Takes submissions, runs as many trials at once as allowed, cancels them; the queue is the table in the store.
actor TrialService {
    let services: TrialServices
    private let concurrency: Int
    private var running: [String: Task<Void, Never>] = [:]
    /// Template values of queued trials: in memory only, they may be secrets.
    private var templates: [String: [String: String]] = [:]
    /// Queued trials that somebody waits to act in.
    private var awaited: Set<String> = []
    private var isStopping = false

    init(services: TrialServices, concurrency: Int) {
        self.services = services
        self.concurrency = concurrency
    }

    var runningCount: Int { running.count }

    /// Whether trials run or wait.
    var isBusy: Bool { !running.isEmpty }

    /// Settles what an earlier daemon left: cut-off trials are interrupted, queued ones start.
    func recover() async throws {
        let interrupted = try await services.store.interruptUnfinished()
        for trial in interrupted {
            let archive = "\(services.store.filesDirectory(trial: trial))/\(Verification.archiveName)"
            _ = unlink(FrozenLayer.draft(of: archive))
        }
        if !interrupted.isEmpty { Log.warning("\(interrupted.count) trials were cut off with the last daemon") }
        for trial in try await services.store.queued() where trial.valuesWithheld {
            _ = try await services.store.finish(
                trial.trial,
                phase: .interrupted,
                exception: TrialException(
                    type: "CancelledError",
                    message: "the daemon ended before the trial began; the values of its templates are not stored",
                    remedy: "submit it again",
                    occurredAt: .now()
                )
            )
        }
        try await schedule()
    }

    /// Checks and queues a trial; it is durable when this returns.
    func submit(_ params: TrialSubmit.Params, owner: UInt32) async throws -> TrialSubmit.Result {
        guard !isStopping else { throw WireError(.shuttingDown, "the daemon is stopping") }
        try SubmissionRules.check(params)
        let task = try services.tasks.load(params.configuration.taskDigest)
        var configuration = params.configuration
        configuration.taskName = task.definition.name
        let warnings = try check(configuration, task, params.templates)
        let submission = try await services.store.submit(
            configuration,
            owner: owner,
            job: params.job,
            withholdsValues: !params.templates.isEmpty
        )
        if !params.templates.isEmpty { templates[submission.trial] = params.templates }
        try await schedule()
        return TrialSubmit.Result(trial: submission.trial, job: submission.job, warnings: warnings)
    }

    /// Refuses what this version or this host cannot honour, before anything is stored.
    private func check(
        _ configuration: TrialConfiguration,
        _ task: LoadedTask,
        _ templates: [String: String]
    ) throws -> [String] {
        let refusals = self.refusals(of: task, configuration)
        if let first = refusals.first {
            throw WireError(.taskRefused, first.message, reason: first.reason, remedy: first.remedy)
        }
        _ = try TrialSettings(
            task.definition,
            templates: templates,
            multiplier: configuration.timeoutMultiplier,
            defaults: services.defaults
        )
        if configuration.agent.kind == .oracle && !task.definition.contents.hasSolution {
            throw WireError(
                .taskRefused,
                "\(task.definition.name) has no solution/solve.sh for the oracle",
                reason: "noSolution",
                remedy: "choose another agent"
            )
        }
        return task.warnings.map(\.message)
    }

    nonisolated func refusals(of task: LoadedTask, _ configuration: TrialConfiguration) -> [TaskRefusal] {
        task.definition.refusals(
            image: services.images.reference(override: configuration.image, task: task.definition),
            capabilities: HostCapabilities(forcesNoNetwork: configuration.forceNoNetwork)
        )
    }

    private func schedule() async throws {
        guard !isStopping else { return }
        for trial in try await services.store.queued() where running[trial.trial] == nil {
            guard trial.configuration.agent.kind.isRunByDaemon || awaited.contains(trial.trial) else { continue }
            guard running.count < concurrency else { return }
            start(trial)
        }
    }

    private func start(_ trial: QueuedTrial) {
        let run = TrialRun(
            services: services,
            recorder: TrialRecorder(trial: trial.trial, store: services.store, feed: services.feed),
            owner: trial.owner,
            configuration: trial.configuration,
            templates: templates.removeValue(forKey: trial.trial) ?? [:]
        )
        running[trial.trial] = Task(name: trial.trial) {
            await run.run()
            await self.ended(trial.trial)
        }
    }

    private func ended(_ trial: String) async {
        running.removeValue(forKey: trial)
        services.feed.wake(trial)
        services.sessions.trialEnded(trial)
        do {
            try await schedule()
        } catch {
            Log.error("the queue could not be read: \(error)")
        }
    }

    /// Starts a queued trial whose agent is outside, and waits until it can act; nil when the trial ended before.
    func opened(_ trial: String) async throws -> LiveSession? {
        guard !isStopping else { throw WireError(.shuttingDown, "the daemon is stopping") }
        let phase = try await services.store.summary(trial).phase
        guard phase == .queued, awaited.insert(trial).inserted else {
            throw WireError(
                .conflict,
                "trial \(trial) is \(phase.rawValue), or opened by somebody else",
                remedy: "session.join acts in a live trial"
            )
        }
        defer { awaited.remove(trial) }
        // Asked before it can start: its end is told once.
        async let live = services.sessions.opened(trial)
        try await schedule()
        return await live
    }

    /// The connection that a trial was tied to is gone: it is cancelled, unless its agent had said that it was done.
    func abandoned(_ trial: String) async {
        if let live = services.sessions.session(ofTrial: trial), live.isSubmitted { return }
        // A trial that has ended by itself is left as it is.
        try? await cancel(trial)
    }

    /// Cancels a trial and waits until it has ended.
    func cancel(_ trial: String) async throws {
        if let task = running[trial] {
            task.cancel()
            await task.value
            return
        }
        let summary = try await services.store.summary(trial)
        guard summary.phase == .queued else {
            throw WireError(.conflict, "trial \(trial) has ended: \(summary.phase.rawValue)")
        }
        _ = try await services.store.finish(
            trial,
            phase: .cancelled,
            exception: TrialException(type: "CancelledError", message: "cancelled in the queue", occurredAt: .now())
        )
        services.feed.wake(trial)
        services.sessions.trialEnded(trial)
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
    func stop(drain: Bool) async {
        isStopping = true
        if !drain {
            for task in running.values { task.cancel() }
        }
        for task in Array(running.values) { await task.value }
    }
}
