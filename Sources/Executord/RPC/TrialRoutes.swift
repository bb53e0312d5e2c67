import FoundationEssentials
import Glibc
import Linux
import Reactor
import Tasks
import Trajectory
import Wire

/// `trial.*`: decodes nothing and decides nothing, connects the protocol's words to the trial service and the store.
struct TrialRoutes: Sendable {
    let trials: TrialService
    let store: Store
    let tasks: TaskLibrary
    let feed: TrialFeed
    let scratch: String
    let meter: SkillMeter

    private static let outputChunk = 256 << 10

    var routes: [Route] {
        [
            Route(TrialSubmit.self) { params, caller in
                let result = try await trials.submit(params, owner: caller.user)
                if params.attached { caller.connection.attach(result.trial) }
                return result
            },
            Route(TrialList.self) { params, caller in
                let (rows, total) = try await store.summaries(
                    limit: min(max(params.limit, 1), 10_000),
                    phase: params.phase,
                    job: params.job,
                    visibleTo: caller.visibleOwner
                )
                return TrialList.Result(trials: rows, total: total)
            },
            Route(TrialGet.self) { params, caller in
                var detail = try await store.detail(
                    try await store.resolve(params.trial, visibleTo: caller.visibleOwner)
                )
                let reports = try await meter.reports(detail.summary.trial, detail.configuration)
                detail.skills = reports.isEmpty ? nil : reports
                return detail
            },
            Route(TrialCancel.self) { params, caller in
                let trial = try await store.resolve(params.trial, visibleTo: caller.visibleOwner)
                try await trials.cancel(trial)
                return try await store.summary(trial)
            },
            Route(TrialWatch.self) { params, caller, _ in try await watch(params, caller) },
            Route(TrialOutput.self) { params, caller in try await output(params, caller) },
            Route(TrialVerify.self) { params, caller in
                let trial = try await store.resolve(params.trial, visibleTo: caller.visibleOwner)
                return try await trials.verify(params, trial: trial)
            },
            Route(TrialExport.self, descriptors: 1...1) { params, caller, passed in
                Answer(try await export(params, caller, passed))
            },
        ]
    }

    private func watch(_ params: TrialWatch.Params, _ caller: Caller) async throws -> Answer<TrialWatch.Result> {
        let trial = try await store.resolve(params.trial, visibleTo: caller.visibleOwner)
        // Watched from now on: what happens between the reply and the first read is not missed.
        let changes = feed.watch(trial)
        let summary = try await store.summary(trial)
        return Answer(TrialWatch.Result(summary: summary)) {
            await follow(trial, from: params.from, changes, caller.connection)
        }
    }

    private func follow(
        _ trial: String,
        from first: Int,
        _ changes: AsyncStream<Void>,
        _ client: ClientConnection
    ) async {
        var next = max(1, first)
        do {
            for await _ in changes {
                // The phase is read before the events: a terminal one means that they are all there.
                let summary = try await store.summary(trial)
                for event in try await store.events(trial, from: next) {
                    guard await client.notify(TrialEventNotification.self, .init(trial: trial, event: event)) else {
                        return
                    }
                    next = event.sequence + 1
                }
                if summary.phase.isTerminal {
                    let end = TrialEventNotification.Params(trial: trial, event: nil, summary: summary)
                    _ = await client.notify(TrialEventNotification.self, end)
                    return
                }
            }
        } catch {
            Log.error("watching \(trial): \(error)")
        }
    }

    private func output(_ params: TrialOutput.Params, _ caller: Caller) async throws -> TrialOutput.Result {
        let trial = try await store.resolve(params.trial, visibleTo: caller.visibleOwner)
        let record = try await store.action(trial, number: params.action)
        let output: OutputRecord
        switch params.stream {
        case "stdout": output = record.stdout
        case "stderr": output = record.stderr
        default: throw WireError(.invalidParams, "trial.output: stream is 'stdout' or 'stderr'")
        }
        let slice = try await store.bytes(of: output, from: params.offset, limit: Self.outputChunk)
        if let text = String(validating: slice.bytes, as: UTF8.self) {
            return TrialOutput.Result(text: text, base64: nil, nextOffset: slice.nextOffset)
        }
        return TrialOutput.Result(
            text: nil,
            base64: Data(slice.bytes).base64EncodedString(),
            nextOffset: slice.nextOffset
        )
    }

    private func export(
        _ params: TrialExport.Params,
        _ caller: Caller,
        _ passed: [SharedDescriptor]
    ) async throws -> TrialExport.Result {
        guard let sink = passed.first?.take() else {
            throw WireError(.invalidParams, "trial.export: pass the write end of a pipe with the frame")
        }
        var names: [String] = []
        for name in params.trials { names.append(try await store.resolve(name, visibleTo: caller.visibleOwner)) }
        if let job = params.job { names += try await store.trials(ofJob: job, visibleTo: caller.visibleOwner) }
        guard !names.isEmpty else { throw WireError(.notFound, "no trial to export") }
        let place = "\(scratch)/export-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let tasks = tasks
        let result = try await TrialExporter(store: store, version: Release.version).export(
            names,
            below: place,
            destination: params.destination ?? "."
        ) { configuration throws(StoreError) in
            guard let task = try? tasks.load(configuration.taskDigest) else { return TaskInstructions(whole: "") }
            let steps = task.stages.compactMap { stage in
                stage.definition.stage.map { ($0.name, stage.definition.instruction) }
            }
            return TaskInstructions(
                whole: task.definition.instruction,
                steps: Dictionary(steps) { first, _ in first }
            )
        }
        let raw = sink.raw
        // Packing blocks on the client's reading: not on the pool's threads.
        try await onOwnThread { try TreeArchive.pack(place, to: raw, limits: .results) }
        return result
    }
}
