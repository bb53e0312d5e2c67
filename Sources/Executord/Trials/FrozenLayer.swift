import Glibc
import Sandbox
import SandboxPlan
import Trajectory
import Verifier
import Wire

/// What is done with an agent's layer once all its processes are gone: looked at, archived, brought back.
///
/// All of it runs in sandboxes of its own on the host image, under the trial's ids: the daemon opens no path that an
/// agent wrote.
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
    private static let environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]

    /// What the agent changed, and with `archive` a tar of the layer at that host path.
    func examine(archive: String?, ignoring: Set<String>) async throws -> ChangeList {
        try await inUtilitySandbox(.layer(path: layer.name)) { sandbox in
            var trees: [(tree: CollectedTree, target: String)] = []
            for target in ["/"] + image.trees.keys.sorted() {
                let directory = target == "/" ? "root" : Planner.layerDirectory(of: target)
                let tree = try await sandbox.collect("/layer/\(directory)/upper", limits: Self.listing)
                trees.append((tree, target))
            }
            if let archive { try await write(archive, sandbox) }
            return ChangeList(trees, ignoring: ignoring)
        }
    }

    /// The root's regular files that the agent wrote or changed, with the contents of those that are not too large.
    func files(contentsUpTo bytes: UInt64) async throws -> CollectedTree {
        let limits = TreeLimits(
            entries: Self.listing.entries,
            depth: Self.listing.depth,
            fileBytes: bytes,
            totalBytes: 64 << 20
        )
        return try await inUtilitySandbox(.layer(path: layer.name)) { sandbox in
            try await sandbox.collect("/layer/root/upper", limits: limits)
        }
    }

    /// A tar of the layer at a host path, with overlay's marks, and without these paths of the root file system.
    func archive(to path: String, without paths: [String]) async throws {
        try await inUtilitySandbox(.layer(path: layer.name)) { try await write(path, $0, without: paths) }
    }

    /// What was changed in `exec`'s working directory (as if it were the root), and the changed files as a tar stream into `sink`.
    func workChanges(sink: CInt?) async throws -> ChangeList {
        try await inUtilitySandbox(.layer(path: layer.name)) { sandbox in
            let tree = try await sandbox.collect("/layer/work/upper", limits: Self.listing)
            if let sink {
                // Whiteouts are character devices: a deletion is told in the list, not in the stream. The holes of files
                // are told, not sent: who receives this keeps it on disk before its size is judged.
                var action = tar([])
                action.argv = [
                    "/bin/sh", "-c",
                    "cd /layer/work/upper && find . ! -type c ! -type s ! -type p -print0"
                        + " | tar --create --file=- --sparse --numeric-owner --no-recursion --null --files-from=-",
                ]
                let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
                defer { close(null) }
                action.output = .descriptors(stdout: sink, stderr: null)
                try expectSuccess(await sandbox.run(action), "stream the changes")
            }
            return ChangeList([(tree, "/")], ignoring: [])
        }
    }

    /// Fills this (new, empty) layer from an archive.
    func restore(from archive: String) async throws {
        let file = open(archive, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw WireError(.notFound, "the frozen layer \(archive) is gone: errno \(errno)")
        }
        defer { close(file) }
        try await inUtilitySandbox(.writableLayer(path: layer.name)) { sandbox in
            var action = tar(["--extract", "--file=-", "--same-permissions", "--same-owner"])
            action.input = .descriptor(file)
            try await expectSuccess(sandbox.run(action), "restore the layer")
        }
    }

    /// Where an archive is written before it is whole.
    static func draft(of archive: String) -> String { archive + ".part" }

    private func write(_ archive: String, _ sandbox: RunningSandbox, without paths: [String] = []) async throws {
        let draft = Self.draft(of: archive)
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw WireError(.storageFailed, "create \(draft): errno \(errno)") }
        defer { close(file) }
        let errors = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(errors) }
        let excluded = paths.map { "--exclude=./root/upper\($0)" }
        var action = tar(
            ["--create", "--file=-", "--sparse", "--sort=name", "--anchored", "--no-wildcards"] + excluded + ["."]
        )
        action.output = .descriptors(stdout: file, stderr: errors)
        let result = try await sandbox.run(action)
        // Status 1 is "some files differ or were skipped", which sockets are.
        guard result.end == .exited(code: 0) || result.end == .exited(code: 1) else {
            unlink(draft)
            throw WireError(.storageFailed, "archiving the layer ended with \(result.end)")
        }
        guard fsync(file) == 0, rename(draft, archive) == 0 else {
            throw WireError(.storageFailed, "store \(archive): errno \(errno)")
        }
    }

    /// What a utility sandbox does last.
    private func tar(_ arguments: [String]) -> SandboxAction {
        SandboxAction(
            argv: ["/usr/bin/tar", "--directory=/layer", "--xattrs", "--xattrs-include=user.*", "--numeric-owner"]
                + arguments,
            environment: Self.environment,
            workingDirectory: "/",
            user: .ids(uid: 0, gid: 0),
            profile: services.profiles.root,
            timeout: .seconds(300),
            isLast: true
        )
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
