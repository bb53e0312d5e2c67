import Client
import Evaluation
import Wire

/// One job of an evaluation: trials of some instances with one library.
///
/// Its name says what it is, so that what an interrupted command left running is found again.
struct EvaluationJob {
    let daemon: DaemonAccess.Session
    let shared: SharedOptions
    let plan: EvaluationPlan

    private var connection: Connection { daemon.connection }

    /// What is measured: by whom, with what, on what.
    struct Trials {
        var agent: AgentSpec
        /// Its place in the plan's agents.
        var number: Int
        /// nil for lessons, which are given no skills.
        var library: [LibrarySkill]?
        var attempts: Int
        var tasks: [(instance: Instance, uploaded: TaskUpload.Result, path: String)]
    }

    /// Runs what is not run yet, and returns when all of it has ended.
    func run(_ trials: Trials, show: (JobSummary) -> Void) throws -> [MeasuredTrial] {
        let name = try name(of: trials)
        let id = try find(name) ?? create(name, trials)
        let last = try work(on: (name, id), by: trials.agent, show: show)
        guard last.state == .finished else {
            throw OperationError(
                cause: "the job \(name) was \(last.state.rawValue)",
                remedy: "give the same command again to go on"
            )
        }
        return try results(of: id, trials)
    }

    private func name(of trials: Trials) throws -> String {
        let library = LibraryStage.key(of: trials.library ?? [])
        let agent = String(decoding: try WireJSON.encode(trials.agent), as: UTF8.self)
        let parts = trials.tasks.map(\.instance.path) + [library, agent, "\(trials.attempts)"]
        return "eval-\(plan.run)-" + SHA256.hex(of: Array(parts.joined(separator: "\n").utf8)).prefix(10)
    }

    /// The job's id if an earlier command made it; one that was stopped goes on.
    private func find(_ name: String) throws -> String? {
        let found: JobSummary
        do {
            found = try connection.call(JobGet.self, .init(job: name)).summary
        } catch {
            guard Self.refusal(error)?.data.name == ErrorCode.notFound.name else { throw error }
            return nil
        }
        if found.state == .cancelled || found.state == .interrupted {
            _ = try connection.call(JobResume.self, .init(job: found.id))
        }
        return found.id
    }

    private static func refusal(_ error: any Error) -> WireError? {
        guard case .refused(let reason)? = error as? ClientError else { return nil }
        return reason
    }

    private func create(_ name: String, _ trials: Trials) throws -> String {
        let skills = trials.library.flatMap { $0.isEmpty ? nil : $0.map(\.skill) }
        let params = JobCreate.Params(
            name: name,
            tasks: trials.tasks.map {
                JobTask(digest: $0.uploaded.digest, name: $0.uploaded.name, path: $0.path, skills: skills)
            },
            agent: trials.agent,
            attempts: trials.attempts,
            options: JobPlan.Options(allowUnenforced: plan.allowUnenforced)
        )
        do {
            return try connection.call(JobCreate.self, params).id
        } catch {
            guard Self.refusal(error).map(ImageBuilder.isAsked) == true else { throw error }
            let builder = ImageBuilder(connection: connection, showsProgress: true)
            for task in trials.tasks {
                try builder.buildIfMissing(
                    task.uploaded,
                    path: task.path,
                    image: nil,
                    allowUnenforced: plan.allowUnenforced
                )
            }
            return try connection.call(JobCreate.self, params).id
        }
    }

    private func work(
        on job: (name: String, id: String),
        by agent: AgentSpec,
        show: (JobSummary) -> Void
    ) throws -> JobSummary {
        guard let program = EvaluationAgent.program(of: agent) else {
            return try connection.watchJob(job.id, each: show)
        }
        return try OutsideJob(job: job, agent: program, daemon: daemon, shared: shared).work(concurrency: 2) {
            try connection.watchJob(job.id, each: show)
        }
    }

    private func results(of job: String, _ trials: Trials) throws -> [MeasuredTrial] {
        let name = try connection.call(JobGet.self, .init(job: job)).summary.job
        let rows = try connection.call(TrialList.self, .init(limit: 10_000, job: name)).trials
        var instances: [String: Instance] = [:]
        for task in trials.tasks { instances[task.uploaded.digest] = task.instance }
        return try rows.compactMap { row -> MeasuredTrial? in
            let detail = try connection.call(TrialGet.self, .init(trial: row.trial))
            guard detail.jobTry?.replacedBy == nil, let instance = instances[detail.configuration.taskDigest] else {
                return nil
            }
            return MeasuredTrial(
                library: trials.library.map(LibraryStage.key),
                agent: trials.number,
                instance: instance,
                attempt: detail.jobTry?.attempt ?? 1,
                trial: row.trial,
                outcome: detail.verdict?.outcome,
                rewards: detail.verdict?.rewards ?? [:],
                exception: (detail.exception?.type).map { "\($0): \(detail.exception?.message ?? "")" }
                    ?? detail.verdict?.exception,
                actions: row.actions,
                opened: (detail.skills ?? []).filter { $0.openedBy != nil }.map(\.skill.name),
                followed: (detail.skills ?? []).filter(\.followed).map(\.skill.name)
            )
        }
        .sorted { ($0.instance.path, $0.attempt) < ($1.instance.path, $1.attempt) }
    }
}
