import Glibc
import Linux

/// The group of one action at a time: an object of its own, because the next action reuses it.
///
/// A new memory group for each action would stay behind, dying, for as long as files that it charged live.
final class CgroupSlotGroup: Sendable {
    let name: String
    private let directories: [CgroupDirectory]
    private let joins: CgroupJoins
    /// Open `memory.peak` of v2: what is written to it resets what is read from the same descriptor (6.12).
    private let peak: CInt?

    /// What an action has used is the difference of two of these.
    struct Counters: Sendable, Hashable {
        var cpu: Duration = .zero
        var oomKills = 0
        /// v2 until kernel 6.10 counts in the group of whoever forks, and not in that of the limit.
        var refusedProcesses = 0
    }

    /// Which hierarchies account or kill by action; pids and processor limits are the whole trial's.
    static func needs(_ directory: CgroupDirectory) -> Bool {
        directory.isUnified || ["freezer", "memory", "cpuacct"].contains(where: directory.has)
    }

    init(name: String, below parents: [CgroupDirectory]) throws(SystemError) {
        self.name = name
        var made: [CgroupDirectory] = []
        for parent in parents where Self.needs(parent) { made.append(try parent.makeOrOpenChild(name)) }
        directories = made
        joins = try CgroupJoins(made)
        let unified = made.first(where: \.isUnified)
        peak = unified.flatMap { try? $0.descriptor(of: "memory.peak", O_RDWR) }
    }

    deinit { if let peak { _ = close(peak) } }

    var joinDescriptors: [Int32] { joins.descriptors }

    var isEmpty: Bool { directories.first?.ownProcesses().isEmpty ?? true }

    func killAll() {
        if let killer = directories.first { CgroupKill.all(in: killer) }
    }

    func remove(from parents: [CgroupDirectory]) {
        for parent in parents where Self.needs(parent) { parent.removeChild(name) }
    }

    /// Starts the peak anew.
    ///
    /// - Returns: false where the kernel cannot.
    func reset() -> Bool {
        if let memory = directories.first(where: { $0.has("memory") }) {
            return (try? memory.write("0", to: "memory.max_usage_in_bytes")) != nil
        }
        guard let unified = directories.first(where: \.isUnified) else { return true }
        if let peak { return pwrite(peak, "0", 1, 0) == 1 }
        // Nothing to reset without the controller; before 6.12, and for users without leave to write, a fresh group.
        return unified.number(of: "memory.peak") == nil
    }

    func counters() -> Counters {
        var counters = Counters()
        for directory in directories {
            if directory.has("cpuacct"), let used = directory.number(of: "cpuacct.usage") {
                counters.cpu = .nanoseconds(used)
            }
            if directory.has("memory") {
                counters.oomKills = directory.number(of: "memory.oom_control", key: "oom_kill") ?? 0
            }
            guard directory.isUnified else { continue }
            if let used = directory.number(of: "cpu.stat", key: "usage_usec") { counters.cpu = .microseconds(used) }
            if let kills = directory.number(of: "memory.events", key: "oom_kill") { counters.oomKills = kills }
            counters.refusedProcesses = directory.number(of: "pids.events", key: "max") ?? 0
        }
        return counters
    }

    /// The most memory charged at once since the last reset; nil without the controller.
    func peakMemoryBytes() -> Int? {
        if let memory = directories.first(where: { $0.has("memory") }) {
            return memory.number(of: "memory.max_usage_in_bytes")
        }
        if let peak { return Int(firstLine(of: peak)) }
        return directories.first(where: \.isUnified)?.number(of: "memory.peak")
    }
}

/// Open membership files, closed with the object: a process joins by writing "0" to each.
///
/// Whoever opened the file is asked for leave, not who writes: so a process in a user namespace may join. On v1 that
/// must be root or the joining process's own id (cgroup1_procs_write in the kernel): where we are neither, whoever has
/// the file opens it anew, which its mode allows and the mode of our subtree denies to everybody else.
final class CgroupJoins: Sendable {
    let descriptors: [CInt]

    init(_ directories: [CgroupDirectory]) throws(SystemError) {
        var opened: [CInt] = []
        do {
            for directory in directories {
                // v1's `tasks` moves one thread without stopping the others of the host.
                let file = directory.isUnified ? "cgroup.procs" : "tasks"
                if !directory.isUnified, geteuid() != 0 { try directory.setMode(0o666, of: file) }
                opened.append(try directory.descriptor(of: file, O_WRONLY))
            }
        } catch {
            for descriptor in opened { _ = close(descriptor) }
            throw error
        }
        descriptors = opened
    }

    deinit { for descriptor in descriptors { _ = close(descriptor) } }
}
