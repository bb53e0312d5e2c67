import Glibc
import Linux

/// The daemon's part of every cgroup hierarchy that it may use: `executord-<instance>` below the daemon's own group.
///
/// On v2 the daemon first moves itself into a leaf, since a group with processes in it cannot give controllers to
/// others ("no internal processes", cgroups(7)). What the daemon started before stays where it was: open the tree
/// before anything is spawned.
package final class CgroupTree: Sendable {
    /// Which limits this host lets us set.
    package let enforceable: Set<CgroupLimitName>
    private let name: String
    /// The daemon's own group and our subtree in it; those with the power to kill come first.
    private let places: [Place]
    private let kind: CgroupLayout.Kind

    private struct Place: Sendable {
        let parent: CgroupDirectory
        let tree: CgroupDirectory
    }

    /// Makes our subtree wherever that is possible; nowhere is not an error but the layout `none`.
    ///
    /// The instance tells daemons of one host apart; it is one component of a path.
    package static func open(instance: String) throws(SandboxError) -> CgroupTree {
        try open(instance: instance, layout: .current())
    }

    static func open(instance: String, layout: CgroupLayout) throws(SandboxError) -> CgroupTree {
        let name = try treeName(instance)
        var places: [Place] = []
        for hierarchy in usable(layout) {
            guard let own = ownDirectory(hierarchy) else { continue }
            if own.isUnified { CgroupDelegation.prepare(own) }
            // A user's subtree may have been made for it, in a group where it may make none itself.
            guard let tree = try? own.makeOrOpenChild(name), tree.isWritable else { continue }
            if tree.isUnified {
                CgroupDelegation.enableControllers(in: tree)
            } else if geteuid() != 0 {
                // Membership files below are anybody's who holds them open: see CgroupJoins.
                guard (try? tree.setMode(0o700)) != nil else { continue }
            }
            places.append(Place(parent: own, tree: tree))
        }
        return CgroupTree(name: name, places: places, kind: places.isEmpty ? .none : layout.kind)
    }

    private init(name: String, places: [Place], kind: CgroupLayout.Kind) {
        self.name = name
        self.places = places
        self.kind = kind
        var controllers = Set(places.flatMap { $0.tree.hierarchy?.controllers ?? [] })
        for place in places where place.tree.isUnified {
            controllers.formUnion(CgroupDelegation.controllers(of: place.tree))
        }
        var enforceable: Set<CgroupLimitName> = []
        if controllers.contains("memory") { enforceable.insert(.memory) }
        if controllers.contains("pids") { enforceable.insert(.processes) }
        if controllers.contains("cpu") { enforceable.insert(.cpus) }
        self.enforceable = enforceable
    }

    /// `v2`, `v1`, `hybrid` or `none`: what is used, which is `none` where nothing is writable.
    package var layoutName: String { kind.rawValue }

    /// Whether the processor time of a group can be told, and so a limit on it be kept.
    package var accountsProcessorTime: Bool {
        places.contains { $0.tree.isUnified || $0.tree.has("cpuacct") }
    }

    /// Makes the group of one sandbox with its limits set; nothing runs in it yet.
    ///
    /// The name is one component of a path, unique among the live groups of this tree.
    package func makeGroup(name: String, limits: CgroupLimits) throws(SandboxError) -> CgroupGroup {
        guard isComponent(name) else { throw .system(call: "make cgroup \"\(name)\"", errno: EINVAL) }
        var made: [CgroupDirectory] = []
        do {
            for place in places { made.append(try place.tree.makeChild(name)) }
            return try CgroupGroup(name: name, trees: places.map(\.tree), directories: made, limits: limits)
        } catch {
            for (place, directory) in zip(places, made) {
                directory.removeDescendants()
                place.tree.removeChild(name)
            }
            throw .system(call: error.call, errno: error.code)
        }
    }

    /// The same, or why there is none.
    ///
    /// - Throws: `SandboxError.limitsUnenforceable` unless the caller accepts that.
    package func makeGroup(
        name: String,
        limits: CgroupLimits,
        allowUnenforced: Bool
    ) throws(SandboxError) -> CgroupGroup {
        let group = try makeGroup(name: name, limits: limits)
        guard group.unenforced.isEmpty || allowUnenforced else {
            let names = group.unenforced
            group.remove()
            throw .limitsUnenforceable(names)
        }
        return group
    }

    /// Kills what is left in our subtree and removes it.
    package func close() {
        for place in places {
            CgroupKill.all(in: place.tree)
            place.tree.removeDescendants()
            place.parent.removeChild(name)
        }
    }

    /// Kills and removes everything that a dead daemon of this instance left; never call it beside a live one.
    ///
    /// - Returns: the processes killed.
    package static func sweep(instance: String) -> Int {
        sweep(instance: instance, layout: .current())
    }

    static func sweep(instance: String, layout: CgroupLayout) -> Int {
        guard let name = try? treeName(instance) else { return 0 }
        var killed: Set<pid_t> = []
        for hierarchy in usable(layout) {
            guard let own = ownDirectory(hierarchy), let tree = try? own.child(name) else { continue }
            killed.formUnion(CgroupKill.all(in: tree))
            tree.removeDescendants()
            own.removeChild(name)
        }
        return killed.count
    }

    // MARK: Where

    private static func treeName(_ instance: String) throws(SandboxError) -> String {
        guard isComponent(instance) else { throw .system(call: "open cgroups of \"\(instance)\"", errno: EINVAL) }
        return "executord-\(instance)"
    }

    /// What limits, accounts or kills, the killing one first: a process that has joined it is within reach.
    static func usable(_ layout: CgroupLayout) -> [CgroupHierarchy] {
        let wanted: Set<String> = ["freezer", "memory", "pids", "cpu", "cpuacct"]
        let old = layout.hierarchies.filter { $0.version == .v1 && !wanted.isDisjoint(with: $0.controllers) }
        let freezing = old.filter { $0.controllers.contains("freezer") }
        let others = old.filter { !$0.controllers.contains("freezer") }
        // Joining v2 by a write costs milliseconds (all threads of the host are stopped for it): a freezer is cheaper.
        let unified = freezing.isEmpty ? layout.hierarchies.filter { $0.version == .v2 } : []
        return unified + freezing + others
    }

    /// The group that our subtree is made in; nil where it is not shown.
    private static func ownDirectory(_ hierarchy: CgroupHierarchy) -> CgroupDirectory? {
        var directory = hierarchy.directory
        // This process has been moved into its leaf before, by us or by systemd's DelegateSubgroup=.
        if hierarchy.version == .v2, directory.hasSuffix("/" + CgroupDelegation.leafName) {
            directory.removeLast(CgroupDelegation.leafName.count + 1)
        }
        return try? CgroupDirectory(path: directory, hierarchy: hierarchy)
    }
}

private func isComponent(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && name.utf8.count < 128
        && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
}

/// What a v2 group must be told before groups below it can have limits; see cgroups(7), "Delegation".
enum CgroupDelegation {
    static let leafName = "daemon"
    private static let wanted = ["memory", "pids", "cpu"]

    /// Moves this process out of its group and gives the controllers of that group to the ones below.
    ///
    /// A group that is ours as a whole (delegated to us, or all that a container shows) is emptied: with an embedded
    /// daemon the client that started it, and its shell, sit there, too.
    /// What fails here (no delegation, other processes in the group) shows as a limit that is not enforceable.
    static func prepare(_ own: CgroupDirectory) {
        guard !Set(available(in: own)).isSubset(of: controllers(of: own)) else { return }
        // Only the root of the whole hierarchy has no type, and it alone may keep its processes.
        if (try? own.text(of: "cgroup.type")) != nil {
            moveProcesses(of: own)
        }
        enableControllers(in: own)
    }

    private static func moveProcesses(of own: CgroupDirectory) {
        guard let leaf = try? own.makeOrOpenChild(leafName) else { return }
        try? leaf.write("\(getpid())", to: "cgroup.procs")
        guard own.isDelegated else { return }
        // What is forked meanwhile is found in the next round; what cannot be moved stays, and limits are not enforceable.
        for _ in 0..<10 {
            let others = own.ownProcesses()
            if others.isEmpty { return }
            for process in others { try? leaf.write("\(process)", to: "cgroup.procs") }
        }
    }

    /// One at a time, so that one that cannot be had does not cost the others.
    static func enableControllers(in directory: CgroupDirectory) {
        for controller in available(in: directory) {
            try? directory.write("+\(controller)", to: "cgroup.subtree_control")
        }
    }

    /// What groups below a directory are limited by.
    static func controllers(of directory: CgroupDirectory) -> Set<String> {
        words(of: "cgroup.subtree_control", in: directory)
    }

    private static func available(in directory: CgroupDirectory) -> [String] {
        let offered = words(of: "cgroup.controllers", in: directory)
        return wanted.filter(offered.contains)
    }

    private static func words(of file: String, in directory: CgroupDirectory) -> Set<String> {
        let text = (try? directory.text(of: file)) ?? ""
        return Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
    }
}
