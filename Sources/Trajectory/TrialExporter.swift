package import Wire

/// Writes trials as one of Harbor's job directories, which `harbor view` opens.
package actor TrialExporter {
    private let store: Store
    /// The daemon's version, which stands for the agent's and the writer's.
    private let version: String
    private let executor = QueueExecutor(label: "executord.export")

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(store: Store, version: String) {
        self.store = store
        self.version = version
    }

    /// Builds the job directory below `parent`, an existing directory that is the caller's own.
    ///
    /// The caller has checked that the trials may be seen. `destination` is where the client will put the directory, for
    /// the URIs in it. `instructions` gives what a task's agents were told.
    package func export(
        _ trials: [String],
        below parent: String,
        destination: String,
        instructions: @Sendable (TrialConfiguration) throws(StoreError) -> TaskInstructions
    ) async throws(StoreError) -> TrialExport.Result {
        var exported: [ExportedTrial] = []
        for trial in trials { exported.append(try await store.exported(trial)) }
        guard let job = exported.first?.job else { throw .notFound("trial to export") }
        let directory = "\(parent)/\(job.directory)"
        guard !FileOperations.exists(directory) else {
            throw .conflict("\(directory) exists: an export writes only a directory of its own")
        }
        try FileOperations.makeDirectory(directory)
        for trial in exported {
            let texts = try instructions(trial.detail.configuration)
            try await write(trial, texts, to: "\(directory)/\(trial.name)", destination: destination)
        }
        try writeJob(job, exported, plan: try await store.exportedPlan(job.id), to: directory)
        return TrialExport.Result(directory: job.directory, trials: exported.count)
    }

    /// What the export itself writes into `agent/`: an agent's own files of these names are left out.
    private static let ownNames: Set = ["trajectory.json", "outputs"]

    private func writeJob(
        _ job: ExportedJob,
        _ trials: [ExportedTrial],
        plan: ExportedPlan?,
        to directory: String
    ) throws(StoreError) {
        let agents = Set(trials.map { HarborTrial.Agent(name: $0.agentName) }).sorted { $0.name < $1.name }
        let tasks = Set(trials.map { HarborTrial.Task(path: $0.detail.configuration.taskPath) })
        try FileOperations.write(
            json: HarborJob.Config(
                jobName: job.name,
                agents: agents,
                tasks: tasks.sorted { $0.path < $1.path },
                attempts: plan?.attempts,
                concurrentTrials: plan?.concurrency,
                retry: plan.map { HarborJob.Retry($0.retry) }
            ),
            to: "\(directory)/config.json"
        )
        try FileOperations.write(
            json: HarborJob.Lock(
                createdAt: job.createdAt,
                concurrentTrials: plan?.concurrency ?? 1,
                retry: plan.map { HarborJob.Retry($0.retry) } ?? HarborJob.Retry(),
                trials: trials.map(\.lock)
            ),
            to: "\(directory)/lock.json"
        )
        let ends = trials.compactMap(\.detail.summary.finishedAt)
        let result = HarborJob.Result(
            id: job.id,
            startedAt: job.createdAt,
            updatedAt: ends.max() ?? job.createdAt,
            finishedAt: ends.count == trials.count ? ends.max() : nil,
            totalTrials: trials.count,
            stats: HarborJob.Stats(trials, retries: plan?.retries ?? 0)
        )
        try FileOperations.write(json: result, to: "\(directory)/result.json")
        let log = trials.map { trial in
            let end = trial.detail.summary.finishedAt.map { " at \($0)" } ?? ""
            let outcome = trial.detail.verdict.map { ": \($0.outcome.rawValue), \($0.message)" } ?? ""
            return "\(trial.name) \(trial.detail.summary.phase.rawValue)\(end)\(outcome)\n"
        }
        try FileOperations.write(text: log.joined(), to: "\(directory)/job.log")
    }

    private func write(
        _ trial: ExportedTrial,
        _ instructions: TaskInstructions,
        to directory: String,
        destination: String
    ) async throws(StoreError) {
        var tree = FileTree()
        let collected = store.filesDirectory(trial: trial.name)
        let events = try await store.events(trial.name)
        let writer = TrajectoryWriter(trial: trial, instructions: instructions, version: version)
        let steps = StepEvents.steps(of: events)
        if steps.isEmpty {
            try copyParts(of: collected, to: directory, &tree)
            try await writeTrajectory(writer, events, to: "\(directory)/agent")
        } else {
            try FileOperations.makeDirectory("\(directory)/agent")
            try await writeTrajectory(writer, events, withOutputs: false, to: "\(directory)/agent")
        }
        for step in steps {
            let place = "steps/\(step.place.name)"
            try copyParts(of: "\(collected)/\(place)", to: "\(directory)/\(place)", &tree)
            try await writeTrajectory(writer.of(step), step.events, to: "\(directory)/\(place)/agent")
        }
        var log = events.map(\.logLine).joined()
        if tree.skipped > 0 { log += "export: \(tree.skipped) entries that are no plain files were left out\n" }
        try FileOperations.write(text: log, to: "\(directory)/trial.log")
        try FileOperations.write(json: trial.config, to: "\(directory)/config.json")
        try FileOperations.write(json: trial.lock, to: "\(directory)/lock.json")
        if trial.detail.summary.phase.isTerminal {
            try FileOperations.write(
                json: trial.result(destination: destination, version: version),
                to: "\(directory)/result.json"
            )
        }
        if let exception = trial.exception {
            let remedy = exception.remedy.map { "remedy: \($0)\n" } ?? ""
            try FileOperations.write(
                text: "\(exception.type): \(exception.message)\n\(remedy)",
                to: "\(directory)/exception.txt"
            )
        }
    }

    /// Copies what was collected of a trial, or of one step of it.
    private func copyParts(of collected: String, to directory: String, _ tree: inout FileTree) throws(StoreError) {
        for part in ["agent", "verifier", "artifacts"] {
            try FileOperations.makeDirectory("\(directory)/\(part)")
            guard FileOperations.exists("\(collected)/\(part)") else { continue }
            try tree.copy(
                "\(collected)/\(part)",
                to: "\(directory)/\(part)",
                except: part == "agent" ? Self.ownNames : []
            )
        }
        guard !FileOperations.exists("\(directory)/artifacts/manifest.json") else { return }
        try FileOperations.write(json: [String](), to: "\(directory)/artifacts/manifest.json")
    }

    private func writeTrajectory(
        _ writer: TrajectoryWriter,
        _ events: [TrialEvent],
        withOutputs: Bool = true,
        to directory: String
    ) async throws(StoreError) {
        let actions = events.compactMap { event -> ActionRecord? in
            guard case .action(let record) = event.body, record.phase == .agent else { return nil }
            return record
        }
        let store = store
        let trajectory = try await writer.trajectory(events: events) { output throws(StoreError) in
            try await store.text(of: output)
        }
        try FileOperations.write(json: trajectory, to: "\(directory)/trajectory.json")
        for action in withOutputs ? actions : [] {
            for (stream, output) in [("stdout", action.stdout), ("stderr", action.stderr)] where output.blob != nil {
                let bytes = try await store.bytes(of: output, limit: .max).bytes
                try FileOperations.makeDirectory("\(directory)/outputs")
                try FileOperations.write(bytes, to: "\(directory)/outputs/\(action.number).\(stream)", sync: false)
            }
        }
    }
}
