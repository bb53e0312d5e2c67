import Glibc
import Linux
import Synchronization

/// The cgroup of one sandbox in every hierarchy of the tree, limited before anything runs in it.
package final class CgroupGroup: TrialGroup {
    /// Names of the limits that were asked for and are not enforced: the caller refuses the trial or accepts that.
    package let unenforced: [String]
    private let name: String
    /// The parents, in the same order as `directories`.
    private let trees: [CgroupDirectory]
    private let directories: [CgroupDirectory]
    private let joins: CgroupJoins
    private let slots = Mutex(Slots())

    private struct Slots {
        var free: [CgroupSlotGroup] = []
        /// Made ahead, never used.
        var fresh: CgroupSlotGroup?
        /// A background process lives on in these.
        var occupied: [CgroupSlotGroup] = []
        /// All that exist, to be removed.
        var names: [String] = []
        var made = 0
        var isRemoved = false
    }

    init(
        name: String,
        trees: [CgroupDirectory],
        directories: [CgroupDirectory],
        limits: CgroupLimits
    ) throws(SystemError) {
        self.name = name
        self.trees = trees
        self.directories = directories
        unenforced = limits.apply(to: directories).map(\.rawValue)
        var joined: [CgroupDirectory] = []
        for directory in directories {
            // On v2 groups that share out controllers hold no processes: the sandbox's pid 1 gets a leaf.
            if directory.isUnified {
                CgroupDelegation.enableControllers(in: directory)
                joined.append(try directory.makeOrOpenChild(Self.leafName))
            } else {
                joined.append(directory)
            }
        }
        joins = try CgroupJoins(joined)
    }

    private static let leafName = "init"

    package var joinDescriptors: [Int32] { joins.descriptors }

    /// Makes the first action's group ahead; what fails here fails again, and is reported, when it is taken.
    package func prepareSlot() {
        guard let slot = try? newSlot() else { return }
        slots.withLock { $0.fresh = slot }
    }

    package func takeSlot() throws(SandboxError) -> any ActionSlot {
        do {
            let fresh = slots.withLock { $0.fresh.take() }
            // The first one: nothing has counted yet.
            if let fresh { return CgroupActionSlot(fresh, of: self, since: .init(), Pressure()) }
            if let slot = reusedSlot() { return CgroupActionSlot(slot, of: self, since: slot.counters(), pressure()) }
            return CgroupActionSlot(try newSlot(), of: self, since: .init(), pressure())
        } catch {
            throw .system(call: error.call, errno: error.code)
        }
    }

    private func reusedSlot() -> CgroupSlotGroup? {
        while let slot = emptySlot() {
            if slot.reset() { return slot }
            discard(slot)
        }
        return nil
    }

    private func newSlot() throws(SystemError) -> CgroupSlotGroup {
        let name = slots.withLock { slots in
            slots.made += 1
            let name = "slot-\(slots.made)"
            slots.names.append(name)
            return name
        }
        return try CgroupSlotGroup(name: name, below: directories)
    }

    /// A free slot, or the one of the background processes that has waited longest, if they have ended.
    private func emptySlot() -> CgroupSlotGroup? {
        let (free, waiting) = slots.withLock { slots in
            if let free = slots.free.popLast() { return (Optional(free), CgroupSlotGroup?.none) }
            return (nil, slots.occupied.isEmpty ? nil : slots.occupied.removeFirst())
        }
        if let free { return free }
        guard let waiting else { return nil }
        if waiting.isEmpty { return waiting }
        slots.withLock { $0.occupied.append(waiting) }
        return nil
    }

    fileprivate func takeBack(_ slot: CgroupSlotGroup) {
        let isEmpty = slot.isEmpty
        slots.withLock { slots in
            guard !slots.isRemoved else { return }
            if isEmpty { slots.free.append(slot) } else { slots.occupied.append(slot) }
        }
    }

    /// A slot whose counters this kernel cannot reset is not used again.
    private func discard(_ slot: CgroupSlotGroup) {
        slot.remove(from: directories)
        slots.withLock { slots in slots.names.removeAll { $0 == slot.name } }
    }

    /// What the sandbox as a whole was held up by; it only grows.
    fileprivate struct Pressure {
        var refusedProcesses = 0
        var throttled: Duration = .zero
    }

    fileprivate func pressure() -> Pressure {
        var pressure = Pressure()
        for directory in directories {
            if directory.has("pids") || directory.isUnified {
                pressure.refusedProcesses += directory.number(of: "pids.events", key: "max") ?? 0
            }
            if directory.has("cpu"), let waited = directory.number(of: "cpu.stat", key: "throttled_time") {
                pressure.throttled = .nanoseconds(waited)
            }
            if directory.isUnified, let waited = directory.number(of: "cpu.stat", key: "throttled_usec") {
                pressure.throttled = .microseconds(waited)
            }
        }
        return pressure
    }

    /// Kills everything in the sandbox's group and in those of its actions.
    ///
    /// - Returns: how many processes there were.
    package func killRemaining() -> Int {
        guard let killer = directories.first else { return 0 }
        return CgroupKill.all(in: killer).count
    }

    package func remove() {
        let names = slots.withLock { slots in
            slots.isRemoved = true
            slots.free = []
            slots.fresh = nil
            slots.occupied = []
            return slots.names
        }
        for (tree, directory) in zip(trees, directories) {
            for slot in names where CgroupSlotGroup.needs(directory) { directory.removeChild(slot) }
            if directory.isUnified { directory.removeChild(Self.leafName) }
            tree.removeChild(name)
        }
    }
}

/// One action in its slot, from taking to giving back.
package final class CgroupActionSlot: ActionSlot {
    private let slot: CgroupSlotGroup
    private let group: CgroupGroup
    /// The slot's counters when it was taken: they only grow.
    private let start: CgroupSlotGroup.Counters
    private let pressure: CgroupGroup.Pressure
    private let isGivenBack = Atomic(false)

    fileprivate init(
        _ slot: CgroupSlotGroup,
        of group: CgroupGroup,
        since start: CgroupSlotGroup.Counters,
        _ pressure: CgroupGroup.Pressure
    ) {
        self.slot = slot
        self.group = group
        self.start = start
        self.pressure = pressure
    }

    package var joinDescriptors: [Int32] { slot.joinDescriptors }

    package func usage() -> ActionUsage {
        let now = slot.counters()
        let pressure = group.pressure()
        return ActionUsage(
            cpu: now.cpu - start.cpu,
            peakMemoryBytes: slot.peakMemoryBytes(),
            oomKills: now.oomKills - start.oomKills,
            refusedProcesses: now.refusedProcesses - start.refusedProcesses
                + pressure.refusedProcesses - self.pressure.refusedProcesses,
            throttled: pressure.throttled - self.pressure.throttled
        )
    }

    package var isEmpty: Bool { slot.isEmpty }

    package func killAll() {
        slot.killAll()
    }

    package func giveBack() {
        guard !isGivenBack.exchange(true, ordering: .relaxed) else { return }
        group.takeBack(slot)
    }
}
