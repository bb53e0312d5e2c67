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
    private static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: ConfinementProfile.rootCapabilities)

    func run() async throws -> ImageSummary {
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
        let outcome: Result<ImageSummary, any Error>
        do {
            let policy = SandboxPolicy(image: held.image, identity: identity, layer: layer.name)
            let sandbox = try await services.host.launch(policy, group: group)
            let settings: ImageSettings
            do {
                settings = try await carryOut(dockerfile, in: sandbox, held.image.settings, context: BuildContext(path))
            } catch {
                await sandbox.destroy()
                throw error
            }
            await sandbox.destroy()
            let frozen = FrozenLayer(services: services, identity: identity, layer: layer, image: held.image)
            outcome = .success(try await keep(frozen, over: baseName, held, settings, name))
        } catch {
            outcome = .failure(error)
        }
        try await services.host.removeLayer(layer)
        return try outcome.get()
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

    // MARK: Instructions

    private func carryOut(
        _ dockerfile: Dockerfile,
        in sandbox: RunningSandbox,
        _ base: ImageSettings,
        context: BuildContext
    ) async throws -> ImageSettings {
        var settings = base
        let deadline = task.definition.environment.startTimeout.map { ContinuousClock.now + $0 }
        for (index, instruction) in dockerfile.instructions.enumerated() {
            await report(.init(step: index + 1, steps: dockerfile.instructions.count, text: instruction.text))
            let place = "environment/Dockerfile:\(instruction.line): \(instruction.text.prefix(200))"
            do {
                switch instruction.step {
                case .run(let argv): try await run(argv, settings, in: sandbox, until: deadline, place)
                case .environment(let pairs): settings.environment.merge(pairs) { $1 }
                case .user(let user): settings.user = user
                case .workingDirectory(let path):
                    let directory = Self.absolute(path, in: settings)
                    settings.workingDirectory = directory
                    try await sandbox.makeDirectory(
                        SandboxPath(directory),
                        mode: 0o755,
                        makesParents: true,
                        as: Self.root
                    )
                case .copy(let copy): try await carry(copy, of: context, settings, into: sandbox)
                }
            } catch let error as ArchiveError {
                throw failure("\(place): \(error)")
            } catch let error as SandboxError {
                if case .cancelled = error { throw error }
                throw failure("\(place): \(error)")
            }
        }
        return settings
    }

    private func run(
        _ argv: [String],
        _ settings: ImageSettings,
        in sandbox: RunningSandbox,
        until deadline: ContinuousClock.Instant?,
        _ place: String
    ) async throws {
        let user = settings.selection
        let result = try await sandbox.run(
            SandboxAction(
                argv: argv,
                environment: [
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                ].merging(settings.environment) { $1 },
                workingDirectory: settings.workingDirectory ?? "/",
                user: user,
                profile: services.profiles.forTask(user: user),
                timeout: deadline.map { max(.milliseconds(1), $0 - .now) },
                resourceLimits: services.defaults.resourceLimits,
                output: .captured(head: 4 << 10, tail: 32 << 10, merged: true)
            )
        )
        guard result.end != .exited(code: 0) else { return }
        let output = String(decoding: result.stdout.head + result.stdout.tail, as: UTF8.self)
        let last = output.split(separator: "\n").suffix(8).joined(separator: "\n    ")
        throw failure(
            "\(place)\n  \(ActionExit(result.end).words)\(last.isEmpty ? "" : "; its last words:\n    \(last)")"
        )
    }

    private func carry(
        _ copy: Dockerfile.Copy,
        of context: BuildContext,
        _ settings: ImageSettings,
        into sandbox: RunningSandbox
    ) async throws {
        let path = Self.absolute(copy.destination, in: settings)
        let owner = (copy.owner ?? "0:0").split(separator: ":").map { $0 == "root" ? 0 : UInt32($0) }
        guard let uid = owner.first ?? nil, let gid = owner.last ?? nil else {
            throw failure("COPY --chown=\(copy.owner ?? "") needs numbers, such as 1000:1000")
        }
        let found = try? await sandbox.status(SandboxPath(path), as: Self.root)
        let target = BuildContext.Target(
            path: path,
            isDirectory: copy.destination.hasSuffix("/") || copy.destination.hasSuffix("/.") || copy.destination == "."
                || found?.kind == .directory,
            uid: uid,
            gid: gid
        )
        let spool = "\(scratch)/build-\(UUID().uuidString)"
        let file = open(spool, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw WireError(.storageFailed, "create \(spool): errno \(errno)") }
        let owned = OwnedDescriptor(adopting: file)
        unlink(spool)
        let raw = owned.raw
        try await onOwnThread { try context.pack(copy, as: target, to: raw) }
        lseek(raw, 0, SEEK_SET)
        let interruption = try Interruption()
        try await withTaskCancellationHandler {
            _ = try await sandbox.placeLayer(
                InterruptibleStream(source: raw, interruption: interruption),
                as: .rootFileSystem,
                at: "/",
                interruption: interruption
            )
        } onCancel: {
            interruption.stop()
        }
        withExtendedLifetime(owned) {}
    }

    /// Relative names start from the working directory.
    private static func absolute(_ path: String, in settings: ImageSettings) -> String {
        let whole = path.hasPrefix("/") ? path : (settings.workingDirectory ?? "/") + "/" + path
        var names: [Substring] = []
        for name in whole.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return "/" + names.joined(separator: "/")
    }

    // MARK: The end

    private func keep(
        _ frozen: FrozenLayer,
        over base: String,
        _ held: HeldImage,
        _ settings: ImageSettings,
        _ name: ImageName
    ) async throws -> ImageSummary {
        let path = "\(scratch)/build-\(UUID().uuidString)"
        try await frozen.archive(to: path)
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

    private func failure(_ what: String) -> WireError {
        WireError(.sandboxFailed, what, reason: "ImageBuildError", remedy: "nothing was kept; RUN has no network here")
    }
}
