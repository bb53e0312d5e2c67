/// A sandbox with its limits, before it is known whose it is.
package struct SandboxOrder: Sendable, Hashable {
    package var form: SandboxForm
    package var limits: CgroupLimits
    package var layerBytes: UInt64
    package var layerInodes: UInt64
    /// Limits that this host cannot enforce are accepted.
    package var allowUnenforced: Bool

    package init(
        _ form: SandboxForm,
        limits: CgroupLimits,
        layerBytes: UInt64,
        layerInodes: UInt64,
        allowUnenforced: Bool
    ) {
        self.form = form
        self.limits = limits
        self.layerBytes = layerBytes
        self.layerInodes = layerInodes
        self.allowUnenforced = allowUnenforced
    }
}

/// A sandbox that stands, with all that was taken for it and that must be given back.
package struct StandingSandbox: Sendable {
    package let sandbox: RunningSandbox
    package let identity: Identity
    package let layer: Layer
    package let group: CgroupGroup
    /// What was asked for with it.
    package var first: LiveAction?
}

extension SandboxHost {
    /// Takes what an order needs, and launches it; when that fails nothing is kept, `identity` neither.
    ///
    /// `first` begins as soon as it stands, for an order without a network. `layered` is called when its layer is there.
    package func stand(
        _ order: SandboxOrder,
        as identity: Identity,
        in cgroups: CgroupTree,
        named name: String,
        first: SandboxAction? = nil,
        layered: () -> Void = {}
    ) async throws(SandboxError) -> StandingSandbox {
        var layerMade: Layer?
        var groupMade: CgroupGroup?
        do throws(SandboxError) {
            let layer = try await makeLayer(
                for: identity,
                bytes: order.layerBytes,
                inodes: order.layerInodes,
                allowUnenforced: order.allowUnenforced
            )
            layerMade = layer
            layered()
            let policy = SandboxPolicy(order.form, identity: identity, layer: layer.name)
            let (sandbox, first) = try await launch(policy, first: first) { () throws(SandboxError) in
                groupMade = try cgroups.makeGroup(
                    name: name,
                    limits: order.limits,
                    allowUnenforced: order.allowUnenforced
                )
                return groupMade
            }
            guard let group = groupMade else { throw .protocolBroken("it stands without a cgroup") }
            return StandingSandbox(sandbox: sandbox, identity: identity, layer: layer, group: group, first: first)
        } catch {
            try? await giveBack(layerMade, groupMade, identity)
            throw error
        }
    }

    /// Gives back what was taken for a sandbox that has ended.
    package func giveBack(_ standing: StandingSandbox) async throws(SandboxError) {
        try await giveBack(standing.layer, standing.group, standing.identity)
    }

    private func giveBack(
        _ layer: Layer?,
        _ group: CgroupGroup?,
        _ identity: Identity
    ) async throws(SandboxError) {
        defer { identities.giveBack(identity) }
        // The group is made after the layer.
        guard let layer else { return }
        try await removeLayer(layer) { group?.remove() }
    }
}
