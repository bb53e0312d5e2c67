package import SandboxPlan

/// How this host puts layers together; found out once at start.
package struct HostAbilities: Sendable, Hashable {
    /// The launcher may identity-map host directories (it is root): host trees become writable copies.
    ///
    /// Without it, host directories that the sandbox's ids do not own are shown read-only.
    package var identityMappedMounts: Bool
    /// The launcher's directory for mounts.
    package var mounts: String

    package init(identityMappedMounts: Bool, mounts: String) {
        self.identityMappedMounts = identityMappedMounts
        self.mounts = mounts
    }
}

/// Turns a policy into the ordered operations that `executord-init` applies; pure.
package struct Planner: Sendable {
    package let abilities: HostAbilities

    package init(_ abilities: HostAbilities) {
        self.abilities = abilities
    }

    package func plan(_ policy: SandboxPolicy) -> Plan {
        var draft = Draft()
        draft.add(.layer(name: "u", path: "../\(policy.layer)", writable: true))
        for (index, frozen) in policy.frozen.enumerated() {
            draft.add(.layer(name: "f\(index)", path: "../\(frozen)", writable: false))
        }
        addRoot(policy, to: &draft)
        addTrees(policy, to: &draft)
        if case .open = policy.network {
            let text = "nameserver \(PublicNetwork.gateway)\n"
            draft.add(.file(target: PublicNetwork.resolverFile, text: text, mode: 0o644))
        }
        if policy.pristineSystem { addPristineSystem(policy, to: &draft) }
        for directory in policy.directories {
            draft.add(.directory(target: directory.path, mode: directory.mode, uid: directory.uid, gid: directory.uid))
        }
        for path in policy.missingDirectories { draft.add(.ensureDirectory(target: path)) }
        for mount in policy.mounts { add(mount, to: &draft) }
        draft.add(.devices(target: "/dev", sharedMemoryBytes: policy.sharedMemoryBytes))
        draft.add(.proc(target: "/proc"))
        return Plan(
            hostname: policy.hostname,
            identities: policy.identity.ranges,
            sources: draft.sources,
            writableSources: draft.writableSources,
            operations: draft.operations,
            mapsSources: abilities.identityMappedMounts,
            network: policy.network.plan
        )
    }

    private func addRoot(_ policy: SandboxPolicy, to draft: inout Draft) {
        var lowers = policy.frozen.indices.map { "f\($0)/root/upper" }
        for addition in policy.additions { lowers.append(draft.host(addition)) }
        if let supplied = policy.supplied { lowers.append(draft.host(supplied)) }
        lowers.append(draft.host(policy.image.root))
        draft.add(.overlay(lowers: lowers, upper: "u/root", target: "/"))
    }

    /// Host trees of the image, such as /usr: an overlay of their own, because an overlay does not see what is
    /// mounted below its lower directories.
    private func addTrees(_ policy: SandboxPolicy, to draft: inout Draft) {
        for (target, path) in policy.image.trees.sorted(by: { $0.key < $1.key }) {
            let name = draft.host(path)
            guard abilities.identityMappedMounts else {
                draft.add(.attach(layer: name, target: target, readOnly: true))
                continue
            }
            let directory = Self.layerDirectory(of: target)
            var lowers = policy.pristineSystem ? [] : policy.frozen.indices.map { "f\($0)/\(directory)/upper" }
            lowers.append(name)
            draft.add(.overlay(lowers: lowers, upper: "u/\(directory)", target: target))
        }
    }

    /// Covers what an agent may have changed of the system in the root tree itself.
    private func addPristineSystem(_ policy: SandboxPolicy, to draft: inout Draft) {
        let image = draft.host(policy.image.root)
        if let supplied = policy.supplied {
            let lowers = [draft.host(supplied) + "/etc", image + "/etc"]
            draft.add(.overlay(lowers: lowers, upper: nil, target: "/etc"))
        } else {
            draft.add(.attach(layer: image + "/etc", target: "/etc", readOnly: true))
        }
        guard policy.image.trees["/usr"] == nil else { return }
        draft.add(.attach(layer: image + "/usr", target: "/usr", readOnly: true))
    }

    private func add(_ mount: PolicyMount, to draft: inout Draft) {
        if mount.replacing {
            draft.add(.directory(target: mount.target, mode: 0o755, uid: 0, gid: 0))
        }
        switch mount.source {
        case .readOnly(let path):
            draft.add(.attach(layer: draft.host(path), target: mount.target, readOnly: true))
        case .writable(let path):
            draft.add(.attach(layer: draft.host(path, writable: true), target: mount.target, readOnly: false))
        case .copyOnWrite(let path, let name):
            draft.add(.overlay(lowers: [draft.host(path)], upper: "u/\(name)", target: mount.target))
        case .fresh(let name):
            draft.add(.freshDirectory(layer: "u/\(name)", target: mount.target, mode: 0o777))
        case .layer(let path):
            draft.add(.attach(layer: draft.plain(path, writable: false), target: mount.target, readOnly: true))
        case .writableLayer(let path):
            draft.add(.attach(layer: draft.plain(path, writable: true), target: mount.target, readOnly: false))
        }
    }

    /// The directory of a layer that holds the changes of the tree at `target`.
    package static func layerDirectory(of target: String) -> String {
        target.split(separator: "/").joined(separator: "-")
    }
}

/// A plan in the making: names layers, remembers what the launcher must map.
private struct Draft {
    var operations: [Operation] = []
    var sources: [String] = []
    var writableSources: [UInt32] = []
    private var names: [String: String] = [:]

    mutating func add(_ operation: Operation) {
        operations.append(operation)
    }

    /// The layer that shows a host path.
    mutating func host(_ path: String, writable: Bool = false) -> String {
        if !writable, let name = names[path] { return name }
        let name = "h\(sources.count)"
        if writable { writableSources.append(UInt32(sources.count)) } else { names[path] = name }
        add(.sourceLayer(name: name, index: sources.count))
        sources.append(path)
        return name
    }

    /// The layer that shows a path of the launcher's own mounts.
    mutating func plain(_ path: String, writable: Bool) -> String {
        if let name = names[path] { return name }
        let name = "p\(names.count)"
        names[path] = name
        add(.layer(name: name, path: "../\(path)", writable: writable))
        return name
    }
}
