import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Verifier
import Wire

extension TrialService {
    /// Runs the verifier again on the frozen layer and compares.
    func verify(_ params: TrialVerify.Params, trial: String) async throws -> TrialVerify.Result {
        let detail = try await services.store.detail(trial)
        guard let original = detail.verdict, let archive = try await services.store.frozenLayer(trial) else {
            throw WireError(
                .conflict,
                "trial \(trial) has no verdict with a frozen layer",
                remedy: "only finished trials can be verified again"
            )
        }
        guard original.mode == .isolated else {
            throw WireError(
                .conflict,
                "trial \(trial) was verified in shared mode: its processes cannot be brought back",
                remedy: "run it again with --verifier-mode isolated"
            )
        }
        let sandboxes = try self.sandboxes(trial, detail.configuration, params.templates)
        defer { services.host.identities.giveBack(sandboxes.identity) }
        let layer = try await sandboxes.makeLayer()
        let outcome: Result<[Verdict], any Error>
        do {
            outcome = .success(try await runs(params.repeats, on: layer, from: archive, sandboxes, original))
        } catch {
            outcome = .failure(error)
        }
        try await services.host.removeLayer(layer)
        let runs = try outcome.get()
        let differences = disagreements(original: original, runs: runs)
        return TrialVerify.Result(
            trial: trial,
            original: original,
            runs: runs,
            deterministic: differences.isEmpty,
            disagreements: differences
        )
    }

    private func runs(
        _ count: Int,
        on layer: Layer,
        from archive: String,
        _ sandboxes: TrialSandboxes,
        _ original: Verdict
    ) async throws -> [Verdict] {
        try await FrozenLayer(
            services: services,
            identity: sandboxes.identity,
            layer: layer,
            image: sandboxes.image
        ).restore(from: archive)
        let recorder = TrialRecorder(trial: sandboxes.trial, store: services.store, feed: services.feed)
        let verification = Verification(sandboxes: sandboxes, recorder: recorder)
        var verdicts: [Verdict] = []
        for _ in 0..<max(1, min(count, 100)) {
            verdicts.append(try await verification.again(layer, original))
        }
        return verdicts
    }

    private func sandboxes(
        _ trial: String,
        _ configuration: TrialConfiguration,
        _ templates: [String: String]
    ) throws -> TrialSandboxes {
        let task = try services.tasks.load(configuration.taskDigest)
        let reference = try services.images.reference(override: configuration.image, task: task.definition).get()
        let settings = try TrialSettings(
            task.definition,
            templates: templates,
            multiplier: configuration.timeoutMultiplier,
            defaults: services.defaults
        )
        let image = services.images.image(reference)
        return TrialSandboxes(
            services: services,
            trial: trial,
            task: task,
            image: image,
            settings: settings,
            identity: try services.host.takeIdentity(for: image),
            configuration: configuration
        )
    }
}
