import FoundationEssentials
import Glibc
import Images
import Linux
import Reactor
import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Wire

/// Builds the image of a task from its `environment/Dockerfile`, in a sandbox like any agent's: its lines are as little to
/// be trusted.
///
/// One sandbox on the base, one writable layer for all instructions, which becomes the image's last layer.
struct ImageBuild: Sendable {
    let services: TrialServices
    let task: LoadedTask
    /// A directory for what is on its way, and is removed.
    let scratch: String
    let allowUnenforced: Bool
    /// Told of each step as it begins.
    let report: @Sendable (ImageBuildProgress.Params) async -> Void

    /// What a layer may have: an image is larger than what a trial writes.
    private static let layerBytes: UInt64 = 16 << 30
    private static let layerInodes: UInt64 = 1 << 20

    func run() async throws -> Wire.ImageBuild.Result {
        guard let name = task.definition.contents.builtImage else {
            throw WireError(
                .taskRefused,
                "\(task.definition.name) has no environment/Dockerfile",
                reason: "noDockerfile"
            )
        }
        let path = services.tasks.place(of: task.digest.text) + "/task/environment"
        guard let data = FileManager.default.contents(atPath: path + "/Dockerfile"), data.count <= 1 << 20 else {
            throw WireError(.taskRefused, "environment/Dockerfile cannot be read", reason: "noDockerfile")
        }
        let text = String(decoding: data, as: UTF8.self)
        let baseName = try Dockerfile.baseName(text)
        let held = try base(baseName)
        defer { withExtendedLifetime(held) {} }
        let dockerfile = try Dockerfile(text) { _ in held.image.settings.environment }
        let surroundings = try BuildSurroundings(dockerfile.runs ? services.builds : BuildSettings(), services.network)
        let identity = try services.host.takeIdentity(for: held.image)
        defer { services.host.identities.giveBack(identity) }
        let group = try services.makeGroup(
            "build-\(UInt32.random(in: 0 ... .max))",
            CgroupLimits(
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
        let outcome: Result<Wire.ImageBuild.Result, any Error>
        do {
            let settings = try await carryOut(dockerfile, on: held.image, identity, layer, group, surroundings, path)
            let frozen = FrozenLayer(services: services, identity: identity, layer: layer, image: held.image)
            let image = try await keep(frozen, held, settings, name, surroundings)
            outcome = .success(.init(image: image, network: surroundings.record))
        } catch {
            outcome = .failure(error)
        }
        try await services.host.removeLayer(layer)
        return try outcome.get()
    }

    private func carryOut(
        _ dockerfile: Dockerfile,
        on image: Image,
        _ identity: Identity,
        _ layer: Layer,
        _ group: CgroupGroup,
        _ surroundings: BuildSurroundings,
        _ directory: String
    ) async throws -> ImageSettings {
        let policy = SandboxPolicy(
            image: image,
            identity: identity,
            layer: layer.name,
            mounts: surroundings.mounts,
            network: surroundings.network
        )
        let sandbox = try await services.host.launch(policy, group: group)
        let settings: ImageSettings
        do {
            try await surroundings.serve(sandbox)
            let steps = BuildSteps(
                services: services,
                sandbox: sandbox,
                context: try BuildContext(directory),
                surroundings: surroundings,
                scratch: scratch,
                deadline: task.definition.environment.startTimeout.map { ContinuousClock.now + $0 },
                report: report
            )
            settings = try await steps.carryOut(dockerfile.instructions, over: image.settings)
        } catch {
            await sandbox.destroy()
            throw error
        }
        await sandbox.destroy()
        return settings
    }

    private func base(_ name: String) throws -> HeldImage {
        let reference = try services.images.resolution.image(named: name).get()
        guard case .stored = reference else {
            throw WireError(
                .taskRefused,
                "environment/Dockerfile builds on '\(name)', which here is \(reference), and builds need an image of the store",
                reason: "baseNotStored",
                remedy: "take one in: see 'executorctl image import --help'"
            )
        }
        return try services.images.hold(reference, by: "the build of \(task.definition.name)")
    }

    private func keep(
        _ frozen: FrozenLayer,
        _ held: HeldImage,
        _ settings: ImageSettings,
        _ name: ImageName,
        _ surroundings: BuildSurroundings
    ) async throws -> ImageSummary {
        let path = "\(scratch)/build-\(UUID().uuidString)"
        try await frozen.archive(to: path, without: surroundings.traces)
        defer { unlink(path) }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw WireError(.storageFailed, "open \(path): errno \(errno)") }
        let owned = OwnedDescriptor(adopting: file)
        let summary = try await services.images.store.take(
            layerFrom: owned.raw,
            over: held.image.name,
            settings: settings,
            name: name,
            source: "environment/Dockerfile of \(task.definition.name)",
            network: surroundings.record,
            limits: TreeLimits(
                entries: UInt32(Self.layerInodes),
                depth: TreeLimits.image.depth,
                fileBytes: Self.layerBytes,
                totalBytes: Self.layerBytes
            )
        )
        withExtendedLifetime(owned) {}
        return summary
    }
}
