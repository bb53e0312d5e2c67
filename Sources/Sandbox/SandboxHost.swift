package import Reactor
package import SandboxPlan
import Synchronization

/// Everything on this host that sandboxes need: the launcher, ids, layers.
///
/// One per daemon.
package final class SandboxHost: Sendable {
    package let reactor: Reactor
    package let identities: IdentityPool
    package let planner: Planner
    private let launcher: LauncherClient
    private let layerNumber = Atomic<Int>(0)
    private let live = LiveCount()

    /// Starts the launcher; `mounts` is an existing private directory, and only the launcher sees what it mounts there.
    package static func start(
        program: String,
        mounts: String,
        identities: HostIdentities,
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
        return SandboxHost(
            reactor: reactor,
            identities: IdentityPool(identities.source),
            planner: Planner(abilities),
            launcher: launcher
        )
    }

    private init(reactor: Reactor, identities: IdentityPool, planner: Planner, launcher: LauncherClient) {
        self.reactor = reactor
        self.identities = identities
        self.planner = planner
        self.launcher = launcher
    }

    /// Builds and starts a sandbox; it stands when this returns.
    package func launch(
        _ policy: SandboxPolicy,
        group: (any TrialGroup)?
    ) async throws(SandboxError) -> RunningSandbox {
        let sandbox = try await RunningSandbox.start(
            planner.plan(policy),
            launcher: launcher,
            reactor: reactor,
            group: group
        )
        let count = live
        count.value.add(1, ordering: .relaxed)
        await sandbox.whenEnded { count.value.subtract(1, ordering: .relaxed) }
        return sandbox
    }

    /// Sandboxes that stand at this moment.
    package var liveSandboxes: Int { live.value.load(ordering: .relaxed) }

    /// A new, empty, limited writable layer; remove it when nothing needs it any more.
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

    package func removeLayer(_ layer: Layer) async throws(SandboxError) {
        try await launcher.perform(.removeLayer(path: layer.path))
    }

    /// Makes a directory tree of the daemon's appear as root's inside, where owners cannot be mapped by mounts.
    package func adopt(_ path: String, for identity: Identity) async throws(SandboxError) {
        guard !planner.abilities.identityMappedMounts, !identity.isSingle else { return }
        try await launcher.perform(.adopt(path: path, owner: identity.root))
    }

    /// Removes a tree that may have been adopted.
    package func removeTree(_ path: String) async throws(SandboxError) {
        try await launcher.perform(.removeTree(path: path))
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
}
