import Images
import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Verifier
import Wire

extension TrialService {
    /// The files that the reference solution wrote in a trial, as the trial's frozen layer has them.
    func answerFiles(of trial: String, templates: [String: String]) async throws -> [AnswerFile] {
        let detail = try await services.store.detail(trial)
        let task = try services.tasks.load(detail.configuration.taskDigest)
        guard let stage = task.stages.last, let pinned = detail.images?.agent, let verdict = detail.verdict else {
            throw WireError(.conflict, "trial \(trial) has no record of what it ran on", remedy: "measure again")
        }
        let held = try services.holdImage(pinned: pinned, by: trial)
        defer { withExtendedLifetime(held) {} }
        let identity = try services.host.takeIdentity(for: held.image)
        defer { services.host.identities.giveBack(identity) }
        let sandboxes = try TrialSandboxes(
            services: services,
            trial: trial,
            task: stage,
            image: held.image,
            identity: identity,
            configuration: detail.configuration,
            templates: templates,
            verifierTools: verdict.tools,
            verifierImage: detail.images?.verifiers.last ?? nil
        )
        defer { withExtendedLifetime(sandboxes) {} }
        let layer = try await sandboxes.makeLayer()
        let outcome: Result<CollectedTree, any Error>
        do {
            let frozen = FrozenLayer(services: services, identity: identity, layer: layer, image: held.image)
            try await frozen.restore(from: "\(sandboxes.filesDirectory)/\(Verification.archiveName)")
            outcome = .success(try await frozen.files(contentsUpTo: UInt64(FileAction.maximumContent)))
        } catch {
            outcome = .failure(error)
        }
        try await services.host.removeLayer(layer)
        let tree = try outcome.get()
        guard tree.incomplete.isEmpty else {
            throw WireError(
                .conflict,
                "what the reference solution of \(task.definition.name) wrote cannot be read whole: \(tree.incomplete)",
                remedy: "a solution that leaves less behind"
            )
        }
        return tree.items.compactMap(AnswerFile.init)
    }
}

extension AnswerFile {
    /// nil of what is no file, or has a name that is not text.
    fileprivate init?(_ item: CollectedTree.Item) {
        guard item.entry.kind == .file, let path = String(validating: item.entry.path, as: UTF8.self) else {
            return nil
        }
        let isWhole = item.entry.contentBytes == item.entry.size
        self.init(path: "/" + path, size: Int(clamping: item.entry.size), bytes: isWhole ? item.content : nil)
    }
}
