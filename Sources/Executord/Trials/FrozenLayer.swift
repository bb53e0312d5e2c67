import Glibc
import Linux
import Reactor
import Sandbox
import SandboxPlan
import Trajectory
import Verifier
import Wire

/// What is done with an agent's layer once all its processes are gone: looked at, archived, brought back.
///
/// The daemon opens no path that an agent wrote: a process that sees nothing else looks at the layer, and it is brought
/// back in a sandbox on the host image, under the trial's ids.
struct FrozenLayer: Sendable {
    let services: TrialServices
    let identity: Identity
    let layer: Layer
    /// The image whose trees have directories of their own in the layer.
    let image: Image

    /// How many changed paths are looked at.
    private static let listing = TreeLimits(
        entries: 250_000,
        depth: 200,
        fileBytes: 0,
        totalBytes: 0,
        contents: false
    )

    /// What the agent changed.
    func examine(ignoring: Set<String>) async throws -> ChangeList {
        changes(
            in: try await services.host.read(layer, of: identity, listing: listed, limits: Self.listing),
            ignoring: ignoring
        )
    }

    /// What the agent changed, and a tar of the layer at that host path, which is durable when the task has ended.
    func examine(
        archive: String,
        ignoring: Set<String>
    ) async throws -> (changes: ChangeList, archived: Task<Void, any Error>) {
        let (trees, file) = try await write(archive, LayerArchive(), listing: listed)
        let archived = Task {
            try await onOwnThread {
                guard file.withRaw(fsync) == 0 else {
                    throw Self.notStored("fsync \(archive): \(errorText(errno))")
                }
            }
        }
        return (changes(in: trees, ignoring: ignoring), archived)
    }

    /// Where the image's trees are mounted.
    private var targets: [String] { ["/"] + image.trees.keys.sorted() }

    private var listed: [String] {
        targets.map { ($0 == "/" ? "root" : Planner.layerDirectory(of: $0)) + "/upper" }
    }

    private func changes(in trees: [CollectedTree], ignoring: Set<String>) -> ChangeList {
        ChangeList(Array(zip(trees, targets)), ignoring: ignoring)
    }

    /// The root's regular files that the agent wrote or changed, with the contents of those that are not too large.
    func files(contentsUpTo bytes: UInt64) async throws -> CollectedTree {
        let limits = TreeLimits(
            entries: Self.listing.entries,
            depth: Self.listing.depth,
            fileBytes: bytes,
            totalBytes: 64 << 20
        )
        return try await services.host.read(layer, of: identity, listing: ["root/upper"], limits: limits)[0]
    }

    /// A tar of the layer at a host path, with overlay's marks, and without these paths of the root file system.
    func archive(to path: String, without paths: [String]) async throws {
        _ = try await write(path, LayerArchive(excluded: paths.map { "root/upper" + $0 }), listing: [])
    }

    /// What was changed in `exec`'s working directory (as if it were the root), and the changed files as a tar stream into `sink`.
    func workChanges(sink: CInt?) async throws -> ChangeList {
        // A deletion is told in the list, not in the stream. The holes of files are told, not sent: who receives this keeps it
        // on disk before its size is judged.
        let archive = sink.map { (form: LayerArchive(directory: "work/upper", hasMarks: false), descriptor: $0) }
        let trees = try await services.host.read(
            layer,
            of: identity,
            listing: ["work/upper"],
            limits: Self.listing,
            archive: archive
        )
        return ChangeList([(trees[0], "/")], ignoring: [])
    }

    /// Fills this (new, empty) layer from an archive.
    func restore(from archive: String) async throws {
        let file = open(archive, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw WireError(.notFound, "the frozen layer \(archive) is gone: errno \(errno)")
        }
        defer { close(file) }
        try await inUtilitySandbox(.writableLayer(path: layer.name)) { sandbox in
            var action = SandboxAction(
                argv: [
                    "/usr/bin/tar", "--directory=/layer", "--xattrs", "--xattrs-include=user.*", "--numeric-owner",
                    "--extract", "--file=-", "--same-permissions", "--same-owner",
                ],
                environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"],
                workingDirectory: "/",
                user: .ids(uid: 0, gid: 0),
                profile: services.profiles.root,
                timeout: .seconds(300),
                isLast: true
            )
            action.input = .descriptor(file)
            try await expectSuccess(sandbox.run(action), "restore the layer")
        }
    }

    /// Where an archive is written before it is whole.
    static func draft(of archive: String) -> String { archive + ".part" }

    private func write(
        _ archive: String,
        _ form: LayerArchive,
        listing: [String]
    ) async throws -> (trees: [CollectedTree], file: SharedDescriptor) {
        let draft = Self.draft(of: archive)
        let raw = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw Self.notStored("create \(draft): \(errorText(errno))") }
        let file = SharedDescriptor(adopting: OwnedDescriptor(adopting: raw))
        do {
            let trees = try await services.host.read(
                layer,
                of: identity,
                listing: listing,
                limits: Self.listing,
                archive: (form, raw)
            )
            guard rename(draft, archive) == 0 else { throw Self.notStored("store \(archive): \(errorText(errno))") }
            return (trees, file)
        } catch {
            unlink(draft)
            guard case SandboxError.layerNotRead = error else { throw error }
            throw Self.notStored("store \(archive): \(error)")
        }
    }

    private static func notStored(_ what: String) -> WireError {
        WireError(.storageFailed, what, remedy: "where the disk is full, 'executorctl gc' makes room")
    }

    private func expectSuccess(_ result: ActionResult, _ what: String) throws {
        guard result.end == .exited(code: 0) else {
            // The end of a line says what; before it may be the longest path that there is.
            let text = String(decoding: result.stderr.head, as: UTF8.self)
            let line = text.split(separator: "\n").first.map { String($0.suffix(200)) } ?? ""
            throw WireError(
                .sandboxFailed,
                "\(what): tar ended with \(ActionExit(result.end).words): …\(line)",
                reason: "FrozenLayerError",
                remedy: "the agent made what cannot be brought back, see the verdict's evidence"
            )
        }
    }

    private func inUtilitySandbox<R: Sendable>(
        _ source: PolicyMount.Source,
        _ body: (RunningSandbox) async throws -> R
    ) async throws -> R {
        let scratch = try await services.host.makeLayer(for: identity, kind: .memory, bytes: 1 << 20, inodes: 1024)
        let policy = SandboxPolicy(
            image: services.images.host,
            identity: identity,
            layer: scratch.name,
            mounts: [PolicyMount(source, at: "/layer")]
        )
        let outcome: Result<R, any Error>
        do {
            let sandbox = try await services.host.launch(policy, group: nil)
            do {
                outcome = .success(try await body(sandbox))
            } catch {
                outcome = .failure(error)
            }
            await sandbox.destroy()
        } catch {
            outcome = .failure(error)
        }
        try await services.host.removeLayer(scratch)
        return try outcome.get()
    }
}
