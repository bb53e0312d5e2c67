import Reactor
import Tasks
import Trajectory
import Wire

extension TrialService {
    /// Checks and makes a job; it is durable with all its trials when this returns.
    ///
    /// - Throws: when a single task cannot be run here: all of them are named, and nothing is stored.
    func createJob(_ params: JobCreate.Params, owner: UInt32) async throws -> JobCreate.Result {
        guard !isStopping else { throw WireError(.shuttingDown, "the daemon is stopping") }
        var plan = try JobRules.plan(params, defaultConcurrency: admission.concurrency)
        let loaded = try await loadTasks(Set(plan.tasks.map(\.digest)))
        var warnings: Set<String> = []
        var refusals: [(task: String, error: WireError)] = []
        for (index, asked) in plan.tasks.enumerated() {
            guard let task = loaded[asked.digest] else { throw WireError(.notFound, "no task \(asked.digest)") }
            plan.tasks[index].name = task.definition.name
            do {
                for warning in try check(plan.configuration(of: plan.tasks[index]), task, params.templates) {
                    warnings.insert("\(task.definition.name): \(warning)")
                }
            } catch {
                refusals.append((task.definition.name, WireError(describing: error)))
            }
        }
        if !refusals.isEmpty { throw JobRules.refusal(refusals, of: plan.tasks.count) }
        plan.templateVariables = Set(loaded.values.flatMap(\.definition.templateVariables))
            .filter { params.templates[$0] != nil }.sorted()
        let job = try await services.store.createJob(plan, name: params.name, owner: owner)
        if let id = job.trials.first?.planned?.id {
            enqueue(job.trials, of: id, shares: loaded.mapValues(share), templates: params.templates)
        }
        return JobCreate.Result(job: job.name, id: job.uuid, trials: job.trials.count, warnings: warnings.sorted())
    }

    /// Tries again what ended without a verdict.
    ///
    /// - Returns: how many trials that are.
    func resumeJob(_ job: JobRow, templates: [String: String], retriesErrors: Bool = true) async throws -> Int {
        guard !isStopping else { throw WireError(.shuttingDown, "the daemon is stopping") }
        guard !isOpen(job.id) else { throw WireError(.conflict, "job \(job.name) is running: nothing to resume") }
        let plan = try await services.store.jobPlan(job.id)
        if let missing = plan.templateVariables.first(where: { templates[$0] == nil }) {
            throw WireError(
                .invalidParams,
                "job \(job.name) needs the value of \(missing), which is not stored",
                remedy: "set it in the environment of 'executorctl job resume'"
            )
        }
        let trials = try await services.store.resumeJob(job.id, retriesErrors: retriesErrors)
        guard !trials.isEmpty else { return 0 }
        enqueue(trials, of: job.id, shares: await shares(of: trials), templates: templates)
        return trials.count
    }

    /// Decides whether an ended trial of a job is tried again, and queues the next try.
    func settle(_ trial: String, of job: Int) async throws -> QueuedTrial? {
        guard let ended = try await services.store.endedTry(trial), ended.exception != nil else { return nil }
        return try await retry(ended, policy: try await services.store.retryPolicy(of: job))
    }

    /// Goes on with the jobs that an earlier daemon left: what it cut off is tried anew, what it had not settled is settled.
    ///
    /// - Returns: the jobs that are not done.
    func recoverJobs() async throws -> [Int] {
        let withheld = try await services.store.interruptWithheld(.valuesLost)
        if !withheld.isEmpty { Log.warning("\(withheld.count) trials of jobs wait for 'executorctl job resume'") }
        let jobs = try await services.store.jobsToDo()
        for job in jobs {
            let ended = try await services.store.endedTries(of: job)
            guard !ended.isEmpty else { continue }
            let policy = try await services.store.retryPolicy(of: job)
            for ended in ended where !ended.valuesWithheld { _ = try await retry(ended, policy: policy) }
        }
        return jobs
    }

    private func retry(_ ended: EndedTry, policy: RetryPolicy) async throws -> QueuedTrial? {
        guard let next = JobRules.nextTry(after: ended, policy: policy) else { return nil }
        let wait = Int64(next.waitSeconds * 1000)
        let time = wait == 0 ? nil : Timestamp(milliseconds: Timestamp.now().milliseconds + wait)
        return try await services.store.retry(ended.trial, notBefore: time, counts: next.counts)
    }

    /// Task directories are read and hashed: not on the pool's threads.
    private func loadTasks(_ digests: Set<String>) async throws -> [String: LoadedTask] {
        let library = services.tasks
        return try await onOwnThread {
            var tasks: [String: LoadedTask] = [:]
            for digest in digests { tasks[digest] = try library.load(digest) }
            return tasks
        }
    }

    /// What trials take, by their tasks' digests; one whose task is gone will say so when it runs.
    func shares(of trials: [QueuedTrial]) async -> [String: HostShare] {
        let digests = Set(trials.map(\.configuration.taskDigest))
        let (library, defaults, capacity) = (services.tasks, services.defaults, admission.capacity)
        let shares = try? await onOwnThread {
            var shares: [String: HostShare] = [:]
            for digest in digests {
                guard let task = try? library.load(digest) else { continue }
                shares[digest] = HostShare(of: task.definition, defaults: defaults, capacity: capacity)
            }
            return shares
        }
        return shares ?? [:]
    }

    /// Starts the configured distiller on a job that has ended.
    func learn(from job: Int) async throws {
        guard let plugin = services.distillerAfterJob, distillations[job] == nil, !isStopping else { return }
        let summary = try await services.store.jobSummary(job)
        guard summary.endedAt != nil, distillations[job] == nil else { return }
        let after = AfterJob(trials: self, plugin: plugin)
        distillations[job] = Task(name: "distillation") {
            await after.run(job, uuid: summary.id, name: summary.job)
            self.distillations[job] = nil
        }
    }
}

extension TrialException {
    /// What a repetition ends with whose distillation went with the daemon.
    static var nobodyWaits: TrialException {
        TrialException(
            type: "CancelledError",
            message: "the daemon ended before the trial began, and with it the distillation that it was for",
            remedy: "distil again",
            occurredAt: .now()
        )
    }

    /// What a trial ends with whose values went with the daemon.
    static var valuesLost: TrialException {
        TrialException(
            type: "CancelledError",
            message: "the daemon ended before the trial began; the values of its templates are not stored",
            remedy: "submit it again; of a job: 'executorctl job resume'",
            occurredAt: .now()
        )
    }
}
