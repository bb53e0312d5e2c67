import Glibc
import Reactor
import Sandbox
import SandboxPlan
import Tasks
import Verifier
import Wire

/// Copies what a task declares out of a sandbox: into the trial's files, and into the sandbox of a verifier that runs apart.
struct ArtifactCollection: Sendable {
    let plan: ArtifactPlan
    /// Directories that need not be looked into.
    let empty: Set<String>
    /// nil keeps nothing.
    let files: TrialFiles?
    /// Told what is not as declared.
    let note: @Sendable (String) async throws -> Void

    /// One artifact is held in memory at a time, and the disk it is kept on is the daemon's.
    private static let limits = TreeLimits(entries: 20_000, depth: 64, fileBytes: 64 << 20, totalBytes: 64 << 20)
    private static let totalBytes = 256 << 20
    /// No artifact is put there, however it is declared: the verdict is made of what lies there.
    private static let verifiers = ["/tests", "/logs/verifier", "/dev", "/proc"]
    private static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: ConfinementProfile.rootCapabilities)

    /// Collects everything from `source`; into `target`, too, at the paths that it has in `source`.
    ///
    /// An artifact that cannot be copied whole is not copied at all: the manifest says `failed`, a note says why.
    func collect(from source: RunningSandbox, into target: RunningSandbox?) async throws {
        var manifest: [ArtifactEntry] = []
        var bytesLeft = Self.totalBytes
        for item in plan.items { manifest.append(try await collect(item, from: source, into: target, &bytesLeft)) }
        try files?.write(manifest)
    }

    private func collect(
        _ item: ArtifactPlan.Item,
        from source: RunningSandbox,
        into target: RunningSandbox?,
        _ bytesLeft: inout Int
    ) async throws -> ArtifactEntry {
        var entry = ArtifactEntry(
            source: item.source,
            destination: "artifacts/\(item.destination)",
            type: "directory",
            status: "skipped",
            exclude: item.exclude
        )
        if let conflict = item.conflict {
            try await note("artifact \(item.source) is skipped: \(conflict) takes its place")
            return entry
        }
        let patterns = ExcludePatterns(item.exclude)
        let isEmpty = empty.contains(item.source)
        let collected = isEmpty ? CollectedTree() : try await source.collect(item.source, limits: Self.limits)
        // Many long names take a while to compare.
        let artifact = try await onOwnThread { ArtifactTree(collected, excluding: patterns.excludes) }
        if artifact.singleFile != nil { (entry.type, entry.exclude) = ("file", []) }
        entry.status = "failed"
        bytesLeft -= artifact.tree.items.reduce(0) { $0 + $1.content.count }
        let problem =
            bytesLeft < 0 ? "all artifacts together have more than \(Self.totalBytes) bytes" : artifact.problem
        guard problem.isEmpty else {
            try await note("artifact \(item.source) is not copied: \(problem)")
            return entry
        }
        if !isEmpty, collected.items.isEmpty, try await !isDirectory(item.source, in: source) {
            // What is always collected need not be there.
            guard item.source != ArtifactDeclaration.convention.source else {
                entry.status = "empty"
                return entry
            }
            try await note("artifact \(item.source) is not there")
            return ArtifactEntry(missing: entry)
        }
        if artifact.leftOut > 0 {
            try await note(
                "artifact \(item.source): \(artifact.leftOut) links that lead outside, devices, FIFOs or sockets left out"
            )
        }
        if let unkept = try files?.keep(artifact, at: item.destination), unkept > 0 {
            try await note(
                "artifact \(item.source): \(unkept) names that cannot be kept as they are left out of the trial's files"
            )
        }
        if let target, let problem = try await place(artifact, at: item.source, in: target) {
            try await note("artifact \(item.source) is not given to the verifier: \(problem)")
            return entry
        }
        entry.status = artifact.tree.items.isEmpty ? "empty" : "ok"
        return entry
    }

    private func isDirectory(_ path: String, in sandbox: RunningSandbox) async throws -> Bool {
        do {
            return try await sandbox.status(SandboxPath(path), followsLinks: false, as: Self.root).kind == .directory
        } catch SandboxError.file {
            return false
        }
    }

    /// Puts an artifact in the place of whatever the verifier's image has there; says what stood against it.
    private func place(_ artifact: ArtifactTree, at path: String, in target: RunningSandbox) async throws -> String? {
        if let own = Self.verifiers.first(where: { Self.overlap($0, path) }) { return "\(own) is the verifier's own" }
        let place = SandboxPath(path)
        do throws(SandboxError) {
            do throws(SandboxError) {
                try await target.remove(place, isRecursive: true, as: Self.root)
            } catch {
                // That nothing is there is as good.
                guard case .file(_, ENOENT) = error else { throw error }
            }
            guard let file = artifact.singleFile else {
                try await target.place(artifact.tree, at: place, as: Self.root)
                return nil
            }
            let mode = file.entry.mode & 0o777
            try await target.writeFile(place, file.content, mode: mode, makesParents: true, as: Self.root)
            return nil
        } catch {
            switch error {
            case .file, .tooLarge, .refused, .notRegular: return "\(error)"
            default: throw error
            }
        }
    }

    private static func overlap(_ first: String, _ second: String) -> Bool {
        first == second || first.hasPrefix(second + "/") || second.hasPrefix(first + "/")
    }
}

extension ArtifactEntry {
    /// Of something that is not there nobody knows what it was to be; Harbor says file.
    fileprivate init(missing entry: ArtifactEntry) {
        self = entry
        (type, exclude) = ("file", [])
    }
}
