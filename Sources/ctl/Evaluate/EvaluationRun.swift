import Client
import CommandLineKit
import Evaluation
import Wire

/// Does what a plan asks for, piece by piece; each piece ends in results that are kept.
struct EvaluationRun {
    let daemon: DaemonAccess.Session
    let shared: SharedOptions
    let suite: EvaluationSuite
    let directory: EvaluationDirectory

    /// What was uploaded in this process, by instance.
    private final class Uploads {
        var tasks: [Instance: TaskUpload.Result] = [:]
    }

    func run(progress: EvaluationProgress) throws -> EvaluationState {
        var state = EvaluationState(directory.plan, directory.records)
        let uploads = Uploads()
        while let work = state.next() {
            let records = try perform(work, state, uploads, progress)
            // What adds nothing would be asked for again for ever.
            guard !records.isEmpty else {
                throw OperationError(
                    cause: "a job of the evaluation has no trials",
                    remedy: "see 'executorctl job list' and the daemon's log"
                )
            }
            try directory.append(records)
            for record in records { state.add(record) }
            progress.show(state.progress)
        }
        return state
    }

    private func perform(
        _ work: EvaluationState.Work,
        _ state: EvaluationState,
        _ uploads: Uploads,
        _ progress: EvaluationProgress
    ) throws -> [EvaluationRecord] {
        let plan = directory.plan
        let stages = LearningStage(connection: daemon.connection, suite: suite, directory: directory)
        switch work {
        case .teach(let instance):
            progress.begin("lessons of \(plan.teacher.displayName): \(instance.path)")
            // A job of its own: no two instances have a teacher of the same seeds, and so of the same mistakes.
            return try measure(
                EvaluationJob.Trials(
                    agent: plan.teacher(of: instance),
                    number: 0,
                    library: nil,
                    attempts: plan.demonstrations,
                    tasks: [try upload(instance, uploads)]
                ),
                progress
            )
        case .learn(let condition, let order, let number, let library, let lessons):
            progress.begin("library of \(condition.rawValue) \(order.rawValue), stage \(number)")
            let stage =
                number == 0
                ? try stages.beginning(condition, order)
                : try stages.next(
                    condition,
                    order,
                    number,
                    from: library,
                    trials: lessons.flatMap(state.lessons)
                )
            return [EvaluationRecord(library: stage)]
        case .measure(let agent, let library, let instances):
            progress.begin("\(plan.agents[agent].displayName) with library \(LibraryStage.key(of: library))")
            return try measure(
                EvaluationJob.Trials(
                    agent: plan.agents[agent],
                    number: agent,
                    library: library,
                    attempts: plan.attempts,
                    tasks: try instances.map { try upload($0, uploads) }
                ),
                progress
            )
        }
    }

    private func measure(_ trials: EvaluationJob.Trials, _ progress: EvaluationProgress) throws -> [EvaluationRecord] {
        try EvaluationJob(daemon: daemon, shared: shared, plan: directory.plan)
            .run(trials) { progress.show($0.progress) }
            .map { EvaluationRecord(trial: $0) }
    }

    private func upload(_ instance: Instance, _ uploads: Uploads) throws -> (
        instance: Instance, uploaded: TaskUpload.Result, path: String
    ) {
        let folder = directory.task(instance)
        if let known = uploads.tasks[instance] { return (instance, known, folder) }
        try suite.write(instance, to: folder)
        let uploaded = try TaskUploader(connection: daemon.connection).upload(folder)
        uploads.tasks[instance] = uploaded
        return (instance, uploaded, folder)
    }
}

extension EvaluationPlan {
    /// The teacher for one instance: no two have the same seeds, and each has the same ones whenever it is run.
    func teacher(of instance: Instance) -> AgentSpec {
        guard teacher.kind == .teacher else { return teacher }
        var own = teacher
        let place = learning.firstIndex(of: instance) ?? 0
        own.seed = seed &* 1000 &+ UInt64(place * demonstrations)
        return own
    }
}
