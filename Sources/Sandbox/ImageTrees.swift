import FoundationEssentials
import Glibc
import Reactor
package import SandboxPlan

/// The trees of images, in a directory of the daemon's: each is made under a draft's name and moved to its own when it is
/// whole, so that what has a name is whole.
///
/// Their files belong to the ids of sandboxes where only those can be mapped (see `AdoptedTrees`), so that they are made,
/// linked and removed by a worker inside a sandbox in which nothing else runs.
package struct ImageTrees: Sendable {
    package let directory: String
    private let host: SandboxHost
    /// What the worker's sandbox is made of.
    private let base: Image

    package init(directory: String, host: SandboxHost, base: Image) {
        self.directory = directory
        self.host = host
        self.base = base
    }

    /// What placing a layer has moved.
    package struct Placement: Sendable, Hashable {
        package var entries: Int
        package var bytes: UInt64
        /// Devices, FIFOs and sockets that were left out.
        package var skipped: Int
        /// Entries whose owner has no id here; root owns them.
        package var strangers: Int
    }

    /// Where a tree lies, whether or not it is there.
    package func path(_ name: String) -> String { "\(directory)/\(name)" }

    package func exists(_ name: String) -> Bool { access(path(name), F_OK) == 0 }

    /// All trees that are whole.
    package var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).filter { !$0.hasSuffix(Self.draft) }
    }

    private static let draft = ".part"

    /// Removes what a daemon that died left half-made; the caller has the state to itself.
    package func removeDrafts() async throws(SandboxError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in names where name.hasSuffix(Self.draft) { try await host.removeTree("\(directory)/\(name)") }
    }

    /// Makes the tree `name` of what is in `input`, over what the tree `below` has; nothing is left of it after an error.
    ///
    /// `finalName` is asked when all has been read, and what it throws undoes everything: a digest may not be the one that
    /// was promised.
    package func make(
        over below: String?,
        of input: any TarInput & Sendable,
        as content: TarContent,
        interruption: Interruption,
        limits: TreeLimits = .image,
        finalName: (Placement) throws -> String
    ) async throws -> Placement {
        let draft = "\(UInt64.random(in: 0 ... .max))\(Self.draft)"
        do {
            let identity = try host.identities.take()
            defer { host.identities.giveBack(identity) }
            try await makeDraft(draft, for: identity)
            let placement = try await host.withTrees(directory, base, identity) { sandbox throws(SandboxError) in
                if let below {
                    try await sandbox.shareTree(Self.inside(below), as: Self.inside(draft))
                }
                return try await sandbox.placeLayer(
                    input,
                    as: content,
                    at: Self.inside(draft),
                    interruption: interruption,
                    limits: limits
                )
            }
            let name = try finalName(placement)
            // Somebody else may have finished first: theirs is the same.
            if rename(path(draft), path(name)) != 0 {
                guard errno == EEXIST || errno == ENOTEMPTY else {
                    throw SandboxError.system(call: "rename \(path(draft))", errno: errno)
                }
                try await host.removeTree(path(draft))
            }
            return placement
        } catch {
            // Also after a cancellation.
            let (host, path) = (host, path(draft))
            await Task { if access(path, F_OK) == 0 { try? await host.removeTree(path) } }.value
            throw error
        }
    }

    /// Removes a tree: at once its name, then its files.
    package func remove(_ name: String) async throws(SandboxError) {
        let draft = "\(name)\(Self.draft)"
        guard rename(path(name), path(draft)) == 0 else {
            if errno == ENOENT { return }
            throw .system(call: "rename \(path(name))", errno: errno)
        }
        try await host.removeTree(path(draft))
    }

    /// The directory is the daemon's, which gives what is in it its name; what is in it is the sandbox's.
    private func makeDraft(_ draft: String, for identity: Identity) async throws(SandboxError) {
        guard mkdir(path(draft), 0o755) == 0, chmod(path(draft), 0o755) == 0 else {
            throw .system(call: "mkdir \(path(draft))", errno: errno)
        }
        if !host.planner.abilities.identityMappedMounts { try await host.own(path(draft), by: identity) }
    }

    private static func inside(_ name: String) -> SandboxPath { SandboxPath("\(SandboxHost.treesInside)/\(name)") }
}

extension SandboxHost {
    fileprivate static let treesInside = "/srv"

    /// A sandbox that can write to a directory of the daemon's, and in which nothing runs but what `body` asks of pid 1.
    fileprivate func withTrees<Value: Sendable>(
        _ directory: String,
        _ base: Image,
        _ identity: Identity,
        _ body: (RunningSandbox) async throws(SandboxError) -> Value
    ) async throws(SandboxError) -> Value {
        let scratch = try await makeLayer(for: identity, kind: .memory, bytes: 1 << 20, inodes: 256)
        let policy = SandboxPolicy(
            image: Image(name: base.name, root: base.root, trees: [:], isComposed: true),
            identity: identity,
            layer: scratch.name,
            mounts: [PolicyMount(.writable(path: directory), at: Self.treesInside)]
        )
        let outcome: Result<Value, SandboxError>
        do throws(SandboxError) {
            let sandbox = try await launch(policy, group: nil)
            do throws(SandboxError) {
                outcome = .success(try await body(sandbox))
            } catch {
                outcome = .failure(error)
            }
            await sandbox.destroy()
        } catch {
            outcome = .failure(error)
        }
        try await removeLayer(scratch)
        return try outcome.get()
    }
}

extension RunningSandbox {
    /// Root, with what it takes to make files of any owner.
    fileprivate static let treeKeeper = ActingUser(
        .ids(uid: 0, gid: 0),
        capabilities: ConfinementProfile.rootCapabilities
    )

    fileprivate func shareTree(_ path: SandboxPath, as copy: SandboxPath) async throws(SandboxError) {
        let request = FileRequest.share(path: path, as: copy)
        _ = try await call(request, as: Self.treeKeeper, in: "/", deadline: .seconds(600)) {
            call async throws(SandboxError) in try await call.reply().reply.count
        }
    }

    /// Places a tar stream below a directory as a layer of an image: owners and modes are kept, what is there gives way.
    package func placeLayer(
        _ input: any TarInput & Sendable,
        as content: TarContent,
        at path: SandboxPath,
        interruption: Interruption,
        limits: TreeLimits = .image
    ) async throws(SandboxError) -> ImageTrees.Placement {
        let pipe = try SharedPipe()
        try pipe.writing.setNonblocking()
        guard let sink = pipe.writing.raw else { throw .protocolBroken("pipe") }
        let stream = InterruptibleStream(source: -1, sink: sink, interruption: interruption)
        let request = FileRequest.unpackLayer(path: path)
        return try await call(
            request,
            as: Self.treeKeeper,
            in: "/",
            giving: pipe.reading,
            deadline: .seconds(3600)
        ) { call async throws(SandboxError) in
            let transfer = await stream.transfer { () throws(SandboxError) in
                try TarReader.copy(input, to: stream, as: content, limits: limits)
            }
            _ = pipe.writing.take()
            // Who stops reading says why.
            guard case .failure(.inputClosed) = transfer else {
                let sent = try transfer.get()
                return ImageTrees.Placement(
                    entries: sent.entries,
                    bytes: sent.bytes,
                    skipped: sent.skipped,
                    strangers: Int(clamping: try await call.reply().reply.count)
                )
            }
            _ = try await call.reply()
            throw .protocolBroken("an answer before the end")
        }
    }
}
