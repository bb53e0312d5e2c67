import FoundationEssentials
import Glibc
import Testing

/// What a daemon and its sandboxes leave on the host.
struct Traces: Equatable, CustomStringConvertible {
    /// Processes whose command line or working directory names the mark.
    var processes: [String] = []
    /// Lines of /proc/self/mountinfo below the state directory.
    var mounts: [String] = []
    /// Control groups that are named after the state directory's daemon.
    var groups: [String] = []

    var isEmpty: Bool { processes.isEmpty && mounts.isEmpty && groups.isEmpty }
    /// Names of the groups of sandboxes in them.
    var trialGroups: [String] {
        groups.flatMap { Self.folders(in: $0) }
    }

    var description: String { (processes + mounts + groups).joined(separator: "\n") }

    /// What is left of a daemon.
    ///
    /// `marks` are texts of command lines, such as a state directory or a marker that an agent's process has. `state` is the daemon's state directory.
    static func of(_ marks: [String], state: String) -> Traces {
        var traces = Traces()
        traces.processes = processes(marks)
        let table = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        traces.mounts = table.split(separator: "\n").filter { $0.contains(state + "/") }.map(String.init)
        traces.groups = groups(instance: instance(of: state))
        return traces
    }

    /// Host processes whose command line has one of the marks; zombies have none.
    static func processes(_ marks: [String]) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let pid = pid_t(name), pid != getpid(),
                let bytes = FileManager.default.contents(atPath: "/proc/\(name)/cmdline"), !bytes.isEmpty
            else { return nil }
            let line = String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
            return marks.contains { line.contains($0) } ? "\(pid): \(line)" : nil
        }
    }

    /// How the daemon names its groups: FNV-1a of the state directory.
    private static func instance(of state: String) -> String {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in state.utf8 { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(sum, radix: 16)
    }

    private static func groups(instance: String) -> [String] {
        var found: [String] = []
        var queue = ["/sys/fs/cgroup"]
        while let directory = queue.popLast() {
            for name in folders(in: directory) {
                if name.contains("executord-") && name.contains(instance) {
                    found.append(directory + "/" + name)
                } else {
                    queue.append(directory + "/" + name)
                }
            }
        }
        return found.sorted()
    }

    private static func folders(in directory: String) -> [String] {
        var found: [String] = []
        guard let listing = opendir(directory) else { return found }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { found.append(name) }
        }
        return found
    }
}
