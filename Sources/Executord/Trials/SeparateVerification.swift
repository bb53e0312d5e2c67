import Sandbox
import SandboxPlan
import Tasks
import Verifier
import Wire

extension Verification {
    /// Archives the frozen layer, then judges what the task declares of it in a sandbox that has nothing else of it.
    func separate(_ layer: Layer, _ seen: Evidence) async throws -> Verdict {
        let examined = try await examine(layer, seen)
        try await recorder.advance(.layerFrozen)
        let report = try await verifyApart(layer, keepFiles: true)
        try await examined.archived.value
        return verdict(of: report, mode: .separate, evidence: examined.evidence)
    }

    func verifyApart(_ frozen: Layer, keepFiles: Bool) async throws -> VerifierReport {
        guard let apart = sandboxes.apart else { throw WireError(.internalError, "no image for the verifier") }
        let group = try services.cgroups.makeGroup(
            name: "\(sandboxes.trial)-verifier",
            limits: apart.settings.limits,
            allowUnenforced: sandboxes.configuration.allowUnenforced
        )
        defer { group.remove() }
        let identity = try services.host.takeIdentity(for: apart.image)
        defer { services.host.identities.giveBack(identity) }
        let layer = try await services.host.makeLayer(
            for: identity,
            bytes: apart.settings.layerBytes,
            inodes: apart.settings.layerInodes,
            allowUnenforced: sandboxes.configuration.allowUnenforced
        )
        let outcome: Result<VerifierReport, any Error>
        do {
            let sandbox = try await sandboxes.verifier(apart: apart, layer: layer, identity: identity, group: group)
            do {
                try await Healthcheck.await(
                    sandboxes.task.definition.verifier.environment?.healthcheck,
                    TrialSession(
                        sandbox: sandbox,
                        recorder: recorder,
                        store: services.store,
                        settings: apart.settings,
                        profiles: services.profiles
                    )
                )
                try await handOver(frozen, to: sandbox, keepFiles: keepFiles)
                let settings = verifierSettings(apart.settings, with: sandboxes.verifierTools)
                outcome = .success(try await judge(settings, in: sandbox, keepFiles: keepFiles))
            } catch {
                outcome = .failure(error)
            }
            await sandbox.destroy()
        } catch {
            outcome = .failure(error)
        }
        try await services.host.removeLayer(layer)
        return try outcome.get()
    }

    /// Copies the artifacts from the frozen layer, which is shown in a sandbox of its own for that.
    private func handOver(_ frozen: Layer, to target: RunningSandbox, keepFiles: Bool) async throws {
        let scratch = try await services.host.makeLayer(
            for: sandboxes.identity,
            kind: .memory,
            bytes: 1 << 20,
            inodes: 1024
        )
        let outcome: Result<Void, any Error>
        do {
            let source = try await sandboxes.collector(layer: scratch, frozen: frozen.name)
            do {
                if keepFiles { try await keepLogs(from: source) }
                try await artifacts(keepFiles ? files : nil).collect(from: source, into: target)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await source.destroy()
        } catch {
            outcome = .failure(error)
        }
        try await services.host.removeLayer(scratch)
        try outcome.get()
    }
}
