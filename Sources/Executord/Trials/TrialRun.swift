import Images
import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Verifier
import Wire

/// One trial from its sandbox to its verdict.
struct TrialRun: Sendable {
    let services: TrialServices
    let recorder: TrialRecorder
    let owner: UInt32
    let configuration: TrialConfiguration
    let templates: [String: String]
    /// Told when the trial's last program has ended: what is left is the daemon's work.
    let rested: @Sendable () async -> Void

    /// Runs to the end, whatever that is; the end is recorded before this returns.
    func run() async {
        do {
            try await recorder.advance(.launched)
            let verdict = try await execute()
            try Task.checkCancellation()
            // What is done again for a distiller says nothing new of skills.
            let isFirst = configuration.repeats == nil
            if isFirst { await recordSkillUse() }
            try await recorder.end(verdict == nil ? .closed : .verdictMade, verdict: verdict)
            if verdict != nil, isFirst {
                await CanaryWatch(services: services).ended(recorder.trial, of: owner, configuration)
            }
        } catch {
            await recordFailure(error)
        }
    }

    /// A library that cannot be written to is no reason to lose a verdict.
    private func recordSkillUse() async {
        do {
            try await services.meter.record(recorder.trial, configuration)
        } catch {
            Log.warning("the use of skills by trial \(recorder.trial) could not be recorded: \(error)")
        }
    }

    private func recordFailure(_ error: any Error) async {
        // Recording must not be cut short by the cancellation that it records.
        let recorder = recorder
        let isCancelled = Task.isCancelled
        await Task {
            do {
                if isCancelled {
                    try await recorder.endCancelled()
                } else {
                    try await recorder.end(.failed, exception: TrialException(describing: error))
                }
            } catch {
                Log.error("the end of trial \(recorder.trial) could not be recorded: \(error)")
            }
        }.value
    }

    /// The verdict; nil where none was asked for.
    private func execute() async throws -> Verdict? {
        let task = try services.tasks.load(configuration.taskDigest)
        let held = try services.holdImage(of: task, configuration, by: recorder.trial)
        defer { withExtendedLifetime(held) {} }
        var identity = try await services.prepared.yielding { () throws(SandboxError) in
            try services.host.takeIdentity(for: held.image)
        }
        defer { services.host.identities.giveBack(identity) }
        let stages = try task.stages.map { stage in
            try TrialSandboxes(
                services: services,
                trial: recorder.trial,
                task: stage,
                image: held.image,
                identity: identity,
                configuration: configuration,
                templates: templates,
                verifierTools: services.verifierTools
            )
        }
        defer { withExtendedLifetime(stages) {} }
        let images = TrialImages(agent: held.id, verifiers: stages.map { $0.apart?.held.id })
        try await services.store.setImages(recorder.trial, images)
        guard var first = stages.first else { return nil }
        let ready = task.definition.steps.isEmpty ? try await first.takePrepared() : nil
        if let ready {
            services.host.identities.giveBack(identity)
            identity = ready.identity
            first.identity = ready.identity
        }
        let layer: Layer
        if let ready { layer = ready.layer } else { layer = try await services.prepared.yielding(to: first.makeLayer) }
        do {
            let verdict =
                task.definition.steps.isEmpty
                ? try await run(first).onLayer(layer, ready).verdict
                : try await StepSequence(task: task.definition, stages: stages, recorder: recorder, run: run).run(layer)
            try await services.host.removeLayer(layer)
            return verdict
        } catch {
            try? await services.host.removeLayer(layer)
            throw error
        }
    }

    private func run(_ sandboxes: TrialSandboxes) -> StageRun {
        var stage = StageRun(sandboxes: sandboxes, recorder: recorder, owner: owner)
        if sandboxes.task.definition.stage?.isLast ?? true { stage.rested = rested }
        return stage
    }
}

extension TrialException {
    /// By Harbor's names, which decide retry and grading.
    init(describing error: any Error) {
        let wire = WireError(describing: error)
        let type: String =
            switch wire.data.name {
            case ErrorCode.taskRefused.name, ErrorCode.taskInvalid.name: "ServiceOperationsUnsupportedError"
            case ErrorCode.sandboxFailed.name, ErrorCode.limitUnenforceable.name:
                wire.data.reason ?? "SandboxBuildFailedError"
            default: wire.data.reason ?? "TrialError"
            }
        self.init(type: type, message: wire.message, remedy: wire.data.remedy, occurredAt: .now())
    }
}
