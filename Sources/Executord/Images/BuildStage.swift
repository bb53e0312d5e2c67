import FoundationEssentials
import Glibc
import Images
import Linux
import Sandbox
import SandboxPlan
import Tasks
import Wire

/// One stage of a build: a sandbox on its base, with one writable layer for all its instructions, which becomes a layer of
/// an image.
struct BuildStage: Sendable {
    let services: TrialServices
    let base: HeldImage
    /// Earlier stages, and images that are copied from.
    let origins: [Dockerfile.Origin: HeldImage]
    let context: BuildContext
    let surroundings: BuildSurroundings
    /// A directory for what is on its way, and is removed.
    let scratch: String
    let allowUnenforced: Bool
    let deadline: ContinuousClock.Instant?
    let progress: BuildProgress

    /// What a layer may have: an image is larger than what a trial writes.
    private static let layerBytes: UInt64 = 16 << 30
    private static let layerInodes: UInt64 = 1 << 20

    func run(
        _ instructions: [Dockerfile.Instruction],
        keptAs name: ImageName?,
        by user: String,
        source: String
    ) async throws -> HeldImage {
        let identity = try services.host.takeIdentity(for: base.image)
        defer { services.host.identities.giveBack(identity) }
        let group = try services.cgroups.makeGroup(
            name: "build-\(UInt32.random(in: 0 ... .max))",
            limits: CgroupLimits(
                memoryBytes: services.defaults.memoryBytes,
                processes: services.defaults.processes,
                cpus: nil
            ),
            allowUnenforced: allowUnenforced
        )
        defer { group.remove() }
        let layer = try await services.host.makeLayer(
            for: identity,
            bytes: Self.layerBytes,
            inodes: Self.layerInodes,
            allowUnenforced: allowUnenforced
        )
        let outcome: Result<HeldImage, any Error>
        do {
            let settings = try await carryOut(instructions, identity, layer, group)
            let frozen = FrozenLayer(services: services, identity: identity, layer: layer, image: base.image)
            outcome = .success(try await keep(frozen, settings, name, user, source))
        } catch {
            outcome = .failure(error)
        }
        try await services.host.removeLayer(layer)
        return try outcome.get()
    }

    private func carryOut(
        _ instructions: [Dockerfile.Instruction],
        _ identity: Identity,
        _ layer: Layer,
        _ group: CgroupGroup
    ) async throws -> ImageSettings {
        let policy = SandboxPolicy(
            image: base.image,
            identity: identity,
            layer: layer.name,
            mounts: surroundings.mounts,
            // As containers have it, whether or not the image has made it.
            missingDirectories: base.image.settings.workingDirectory.map { [$0] } ?? [],
            network: surroundings.network
        )
        let sandbox = try await services.host.launch(policy, group: group)
        let settings: ImageSettings
        do {
            try await surroundings.serve(sandbox)
            let copying = BuildCopying(
                services: services,
                sandbox: sandbox,
                context: context,
                origins: origins,
                scratch: scratch
            )
            let steps = BuildSteps(
                services: services,
                sandbox: sandbox,
                surroundings: surroundings,
                copying: copying,
                deadline: deadline,
                progress: progress
            )
            settings = try await steps.carryOut(instructions, over: base.image.settings)
        } catch {
            await sandbox.destroy()
            guard let failed = error as? FailedRun else { throw error }
            throw WireError(buildFailure: failed.what, remedy: surroundings.hint)
        }
        await sandbox.destroy()
        return settings
    }

    private func keep(
        _ frozen: FrozenLayer,
        _ settings: ImageSettings,
        _ name: ImageName?,
        _ user: String,
        _ source: String
    ) async throws -> HeldImage {
        let path = "\(scratch)/build-\(UUID().uuidString)"
        try await frozen.archive(to: path, without: surroundings.traces)
        defer { unlink(path) }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw WireError(.storageFailed, "open \(path): errno \(errno)") }
        let owned = OwnedDescriptor(adopting: file)
        let image = try await services.images.store.take(
            layerFrom: owned.raw,
            over: base.image.name,
            settings: settings,
            name: name,
            by: user,
            source: source,
            network: surroundings.record,
            limits: TreeLimits(
                entries: UInt32(Self.layerInodes),
                depth: TreeLimits.image.depth,
                fileBytes: Self.layerBytes,
                totalBytes: Self.layerBytes
            )
        )
        withExtendedLifetime(owned) {}
        return image
    }
}
