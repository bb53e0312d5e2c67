import Glibc
import Linux

/// What a limit of a trial's group is on.
package enum CgroupLimitName: String, Sendable, Hashable, CaseIterable {
    case memory
    case processes
    case cpus
}

/// The limits of one trial's group; nil is unlimited.
package struct CgroupLimits: Sendable, Hashable {
    /// Memory and, where the kernel accounts it, swap: swap adds nothing.
    package var memoryBytes: Int?
    /// Processes and threads, the sandbox's pid 1 included.
    package var processes: Int?
    /// Processors' worth of time in each 100 ms.
    package var cpus: Double?

    package init(memoryBytes: Int? = nil, processes: Int? = nil, cpus: Double? = nil) {
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.cpus = cpus
    }

    /// The period of processor quotas, in microseconds: what a new group has.
    static let periodMicroseconds = 100_000

    /// Writes every limit and reads it back.
    ///
    /// - Returns: the limits that this host does not enforce: no controller, or the kernel kept another value.
    func apply(to directories: [CgroupDirectory]) -> [CgroupLimitName] {
        var missing: [CgroupLimitName] = []
        if let memoryBytes, !Self.limitMemory(memoryBytes, in: directories) { missing.append(.memory) }
        if let processes, !Self.limitProcesses(processes, in: directories) { missing.append(.processes) }
        if let cpus, !Self.limitProcessors(cpus, in: directories) { missing.append(.cpus) }
        return missing
    }

    private static func limitMemory(_ bytes: Int, in directories: [CgroupDirectory]) -> Bool {
        if let group = directories.first(where: { $0.has("memory") }) {
            guard group.enforce("\(bytes)", in: "memory.limit_in_bytes", accepting: { isRounded($0, bytes) }) else {
                return false
            }
            // After the limit, which it may not be below. Without swap accounting: no page of it is swapped out.
            if group.enforce("\(bytes)", in: "memory.memsw.limit_in_bytes", accepting: { isRounded($0, bytes) }) {
                return true
            }
            return group.enforce("0", in: "memory.swappiness") { $0 == "0" }
        }
        guard let group = directories.first(where: \.isUnified) else { return false }
        guard group.enforce("\(bytes)", in: "memory.max", accepting: { isRounded($0, bytes) }) else { return false }
        // A kernel without swap has no such file.
        try? group.write("0", to: "memory.swap.max")
        return true
    }

    /// The kernel rounds down to whole pages.
    private static func isRounded(_ text: String, _ bytes: Int) -> Bool {
        guard let kept = Int(text) else { return false }
        return kept <= bytes && bytes - kept < 65536
    }

    private static func limitProcesses(_ count: Int, in directories: [CgroupDirectory]) -> Bool {
        guard let group = directories.first(where: { $0.has("pids") }) ?? directories.first(where: \.isUnified) else {
            return false
        }
        return group.enforce("\(count)", in: "pids.max") { $0 == "\(count)" }
    }

    private static func limitProcessors(_ cpus: Double, in directories: [CgroupDirectory]) -> Bool {
        guard cpus.isFinite, cpus > 0, cpus < 1e6 else { return false }
        // The least quota that the kernel takes is a millisecond; a smaller one is refused, not widened.
        let quota = Int(cpus * Double(periodMicroseconds))
        if let group = directories.first(where: { $0.has("cpu") }) {
            return group.number(of: "cpu.cfs_period_us") == periodMicroseconds
                && group.enforce("\(quota)", in: "cpu.cfs_quota_us") { $0 == "\(quota)" }
        }
        guard let group = directories.first(where: \.isUnified) else { return false }
        let value = "\(quota) \(periodMicroseconds)"
        return group.enforce(value, in: "cpu.max") { $0 == value }
    }
}

extension CgroupDirectory {
    /// Writes a limit and asks the kernel what it made of it.
    fileprivate func enforce(_ value: String, in file: String, accepting accepts: (String) -> Bool) -> Bool {
        guard let raw = try? descriptor(of: file, O_RDWR) else { return false }
        let opened = OwnedDescriptor(adopting: raw)
        guard Glibc.write(opened.raw, value, value.utf8.count) == value.utf8.count else { return false }
        return accepts(firstLine(of: opened.raw))
    }
}
