import FoundationEssentials
import Glibc
package import Reactor
package import SandboxPlan
import Synchronization

/// Everything on this host that sandboxes need: the launcher, ids, layers.
///
/// There is one in a daemon.
package final class SandboxHost: Sendable {
    package let reactor: Reactor
    package let identities: IdentityPool
    package let planner: Planner
    private let layers: LayerAbilities
    let launcher: LauncherClient
    private let adopted: AdoptedTrees
    private let supplied: String
    let readerFilter: [UInt8]
    private let layerNumber = Atomic<Int>(0)
    private let live = LiveCount()

    /// Starts the launcher.
    ///
    /// `mounts` is an existing private directory; only the launcher sees what it mounts there. `adopted` is one, too,
    /// for copies of trees that belong to the ids of sandboxes; in `supplied` is written what images may lack.
    package static func start(
        program: String,
        mounts: String,
        adopted: String,
        supplied: String,
        identities: HostIdentities,
        layers: LayerAbilities = .find(),
        spawner: Spawner,
        reactor: Reactor
    ) async throws(SandboxError) -> SandboxHost {
        let configuration = LauncherConfiguration(
            keeper: identities.keeperUsers,
            keeperGroups: identities.keeperGroups,
            mounts: mounts
        )
        let launcher = try await LauncherClient.start(
            program: program,
            configuration: configuration,
            spawner: spawner,
            reactor: reactor
        )
        let abilities = HostAbilities(identityMappedMounts: identities.keeperUsers == nil, mounts: mounts)
        // What a daemon that died between making an image file and mounting it has left.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: mounts + "-images")) ?? [] {
            try await launcher.perform(.removeTree(path: "\(mounts)-images/\(name)"))
        }
        let trees = AdoptedTrees(directory: adopted, launcher: launcher)
        try await trees.removeDrafts()
        return SandboxHost(
            reactor: reactor,
            identities: IdentityPool(identities.source),
            planner: Planner(abilities),
            layers: layers,
            launcher: launcher,
            adopted: trees,
            supplied: try SuppliedFiles.prepare(in: supplied),
            readerFilter: try SeccompCompiler.compile(allowing: readerCalls)
        )
    }

    private init(
        reactor: Reactor,
        identities: IdentityPool,
        planner: Planner,
        layers: LayerAbilities,
        launcher: LauncherClient,
        adopted: AdoptedTrees,
        supplied: String,
        readerFilter: [UInt8]
    ) {
        self.reactor = reactor
        self.identities = identities
        self.planner = planner
        self.layers = layers
        self.launcher = launcher
        self.adopted = adopted
        self.supplied = supplied
        self.readerFilter = readerFilter
    }

    /// Ids for the sandboxes of one trial on an image; give them back when the last of them has ended.
    ///
    /// Where owners cannot be mapped, a directory of the caller's own can be written only by a sandbox whose root is
    /// the caller.
    package func takeIdentity(for image: Image) throws(SandboxError) -> Identity {
        var status = stat()
        guard !planner.abilities.identityMappedMounts, !image.isComposed,
            stat(image.root, &status) == 0, status.st_uid == geteuid()
        else { return try identities.take() }
        return .caller
    }

    /// Builds and starts a sandbox; it stands when this returns.
    package func launch(
        _ policy: SandboxPolicy,
        group: (any TrialGroup)?
    ) async throws(SandboxError) -> RunningSandbox {
        try await launch(policy, first: nil) { group }.sandbox
    }

    /// The same with a first action, which begins as soon as the sandbox stands: only for a policy without a network.
    ///
    /// `group` is made while the sandbox builds its root.
    package func launch(
        _ policy: SandboxPolicy,
        first: SandboxAction?,
        group: () throws(SandboxError) -> (any TrialGroup)?
    ) async throws(SandboxError) -> (sandbox: RunningSandbox, first: LiveAction?) {
        var policy = policy
        if SuppliedFiles.areMissing(in: policy.image) { policy.supplied = supplied }
        let started = try await RunningSandbox.start(
            planner.plan(try await withAdoptedTrees(policy)),
            launcher: launcher,
            reactor: reactor,
            first: first,
            group: group
        )
        let count = live
        count.value.add(1, ordering: .relaxed)
        await started.sandbox.whenEnded { count.value.subtract(1, ordering: .relaxed) }
        return started
    }

    /// Sandboxes that stand at this moment.
    package var liveSandboxes: Int { live.value.load(ordering: .relaxed) }

    /// A new, empty, limited writable layer of the kind that this host has for its size; remove it when nothing needs
    /// it any more.
    ///
    /// - Throws: `SandboxError.limitsUnenforceable` when there is none and the caller does not accept that.
    package func makeLayer(
        for identity: Identity,
        bytes: UInt64,
        inodes: UInt64,
        allowUnenforced: Bool
    ) async throws(SandboxError) -> Layer {
        guard let kind = layers.kind(bytes: bytes) ?? (allowUnenforced ? .unlimited : nil) else {
            throw .limitsUnenforceable(["disk"])
        }
        return try await makeLayer(for: identity, kind: kind, bytes: bytes, inodes: inodes)
    }

    /// A new, empty layer of a certain kind.
    package func makeLayer(
        for identity: Identity,
        kind: LayerKind,
        bytes: UInt64,
        inodes: UInt64
    ) async throws(SandboxError) -> Layer {
        let number = layerNumber.add(1, ordering: .relaxed).newValue
        let name = "layer-\(number)"
        let path = "\(planner.abilities.mounts)/\(name)"
        try await launcher.perform(
            .makeLayer(path: path, kind: kind, bytes: bytes, inodes: inodes, owner: identity.root)
        )
        return Layer(name: name, path: path, kind: kind, bytes: bytes, inodes: inodes)
    }

    /// `meanwhile` is called while the launcher does it.
    package func removeLayer(_ layer: Layer, meanwhile: @Sendable () -> Void = {}) async throws(SandboxError) {
        try await launcher.perform(.removeLayer(path: layer.path), meanwhile: meanwhile)
    }

    /// Removes a directory tree whose files may belong to ids of sandboxes.
    func removeTree(_ path: String) async throws(SandboxError) {
        try await launcher.perform(.removeTree(path: path))
    }

    /// Gives a directory of the daemon's to root inside.
    func own(_ directory: String, by identity: Identity) async throws(SandboxError) {
        try await launcher.perform(.own(path: directory, owner: identity.root))
    }

    /// The policy with copies in the place of the daemon's own trees where these would be nobody's inside.
    private func withAdoptedTrees(_ policy: SandboxPolicy) async throws(SandboxError) -> SandboxPolicy {
        guard !planner.abilities.identityMappedMounts, !policy.identity.isSingle else { return policy }
        let owner = policy.identity.root
        var policy = policy
        if policy.image.isComposed {
            policy.image.root = try await adopted.tree(
                policy.image.root,
                owner: owner,
                home: (HostImage.agentHome, HostImage.agentID)
            )
        }
        if let tree = policy.supplied { policy.supplied = try await adopted.tree(tree, owner: owner) }
        for index in policy.additions.indices {
            policy.additions[index] = try await adopted.tree(policy.additions[index], owner: owner)
        }
        for index in policy.mounts.indices {
            guard case .copyOnWrite(let path, let name) = policy.mounts[index].source else { continue }
            policy.mounts[index].source = .copyOnWrite(path: try await adopted.tree(path, owner: owner), name: name)
        }
        return policy
    }
}

/// Counts sandboxes across closures, which cannot capture an atomic itself.
private final class LiveCount: Sendable {
    let value = Atomic<Int>(0)
}

/// A writable layer and its limits.
package struct Layer: Sendable, Hashable {
    /// Its name among the launcher's mounts, by which policies refer to it.
    package let name: String
    /// Where the launcher mounted it; only the launcher sees it there.
    package let path: String
    package let kind: LayerKind
    package let bytes: UInt64
    package let inodes: UInt64

    /// Names of its limits that nothing enforces.
    package var unenforced: [String] { kind == .unlimited ? ["disk"] : [] }
}
