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
    /// What is there on the way to a sandbox.
    package enum StandingPart: Sendable {
        case group, layer
    }

    /// Takes what an order needs, and launches it; when that fails nothing is kept, `identity` neither.
    ///
    /// `first` begins as soon as it stands, for an order without a network. `report` is called as soon as a part is there.
    package func stand(
        _ order: SandboxOrder,
        as identity: Identity,
        in cgroups: CgroupTree,
        named name: String,
        first: SandboxAction? = nil,
        report: (StandingPart) -> Void = { _ in }
    ) async throws(SandboxError) -> StandingSandbox {
        async let layerMade = layer(of: order, for: identity)
        let group: CgroupGroup
        do throws(SandboxError) {
            group = try cgroups.makeGroup(name: name, limits: order.limits, allowUnenforced: order.allowUnenforced)
        } catch {
            if case .success(let layer) = await layerMade { try? await removeLayer(layer) }
            identities.giveBack(identity)
            throw error
        }
        report(.group)
        let layer: Layer
        do throws(SandboxError) {
            layer = try await layerMade.get()
        } catch {
            group.remove()
            identities.giveBack(identity)
            throw error
        }
        report(.layer)
        do throws(SandboxError) {
            let policy = SandboxPolicy(order.form, identity: identity, layer: layer.name)
            let (sandbox, first) = try await launch(policy, group: group, first: first)
            return StandingSandbox(
                sandbox: sandbox,
                identity: identity,
                layer: layer,
                group: group,
                first: first
            )
        } catch {
            try? await giveBack(layer, group, identity)
            throw error
        }
    }

    private func layer(of order: SandboxOrder, for identity: Identity) async -> Result<Layer, SandboxError> {
        do throws(SandboxError) {
            return .success(
                try await makeLayer(
                    for: identity,
                    bytes: order.layerBytes,
                    inodes: order.layerInodes,
                    allowUnenforced: order.allowUnenforced
                )
            )
        } catch {
            return .failure(error)
        }
    }

    /// Gives back what was taken for a sandbox that has ended.
    package func giveBack(_ standing: StandingSandbox) async throws(SandboxError) {
        try await giveBack(standing.layer, standing.group, standing.identity)
    }

    private func giveBack(
        _ layer: Layer,
        _ group: CgroupGroup,
        _ identity: Identity
    ) async throws(SandboxError) {
        async let layerRemoved = removed(layer)
        group.remove()
        defer { identities.giveBack(identity) }
        try await layerRemoved.get()
    }

    private func removed(_ layer: Layer) async -> Result<Void, SandboxError> {
        do throws(SandboxError) {
            return .success(try await removeLayer(layer))
        } catch {
            return .failure(error)
        }
    }
}
