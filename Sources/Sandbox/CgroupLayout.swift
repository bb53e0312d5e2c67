import Glibc

/// One mounted cgroup hierarchy, and the group of this process in it.
struct CgroupHierarchy: Sendable, Hashable {
    enum Version: Sendable, Hashable {
        case v1
        case v2
    }

    let version: Version
    /// v1: what is mounted together; v2: always empty, `cgroup.controllers` says it.
    let controllers: [String]
    /// The directory of this process's own group.
    let directory: String
}

/// Which cgroup hierarchies this process can see, as procfs has it; see cgroups(7).
struct CgroupLayout: Sendable, Hashable {
    enum Kind: String, Sendable {
        case v2
        case v1
        /// v1 controllers beside a v2 hierarchy that has none.
        case hybrid
        case none
    }

    let kind: Kind
    let hierarchies: [CgroupHierarchy]

    init(kind: Kind, hierarchies: [CgroupHierarchy]) {
        self.kind = kind
        self.hierarchies = hierarchies
    }

    /// The layout of this process.
    static func current() -> CgroupLayout {
        CgroupLayout(
            membership: textOfFile("/proc/self/cgroup"),
            mounts: textOfFile("/proc/self/mountinfo")
        )
    }

    /// Reads `/proc/self/cgroup` (`id:controllers:path` lines) against `/proc/self/mountinfo`; see proc(5).
    ///
    /// A hierarchy that is not mounted, or whose mount does not show our own group, is left out.
    init(membership: String, mounts: String) {
        let mounted = mounts.split(separator: "\n").compactMap(CgroupMount.init)
        var found: [CgroupHierarchy] = []
        for line in membership.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { continue }
            let controllers = fields[1].split(separator: ",").map(String.init)
            let isUnified = fields[0] == "0" && controllers.isEmpty
            for mount in mounted where mount.serves(controllers, unified: isUnified) {
                guard let directory = mount.directory(of: fields[2]) else { continue }
                found.append(
                    CgroupHierarchy(version: isUnified ? .v2 : .v1, controllers: controllers, directory: directory)
                )
                break
            }
        }
        hierarchies = found
        let hasUnified = found.contains { $0.version == .v2 }
        let hasControllers = found.contains { $0.version == .v1 && !$0.controllers.allSatisfy(isNamedOnly) }
        kind =
            switch (hasControllers, hasUnified) {
            case (true, true): .hybrid
            case (true, false): .v1
            case (false, true): .v2
            case (false, false): .none
            }
    }
}

/// `name=systemd` and its like carry no controller.
private func isNamedOnly(_ controller: String) -> Bool { controller.hasPrefix("name=") }

/// One cgroup line of mountinfo.
private struct CgroupMount {
    let root: String
    let point: String
    let isUnified: Bool
    let options: Set<String>

    /// nil for every other file system, and for a line that is not one of mountinfo.
    init?(_ line: Substring) {
        let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        // Optional fields end with "-": type, source and superblock options follow.
        guard let dash = fields.dropFirst(6).firstIndex(of: "-"), fields.count > dash + 3 else { return nil }
        let type = fields[dash + 1]
        guard type == "cgroup" || type == "cgroup2" else { return nil }
        isUnified = type == "cgroup2"
        root = decodingOctal(fields[3])
        point = decodingOctal(fields[4])
        options = Set(fields[dash + 3].split(separator: ",").map(String.init))
    }

    func serves(_ controllers: [String], unified: Bool) -> Bool {
        unified ? isUnified : !isUnified && !controllers.isEmpty && controllers.allSatisfy(options.contains)
    }

    /// Where a group appears below this mount; nil when the mount shows another part of the hierarchy.
    func directory(of path: String) -> String? {
        guard !path.split(separator: "/").contains("..") else { return nil }
        if root == "/" { return path == "/" ? point : point + path }
        if path == root { return point }
        guard path.hasPrefix(root + "/") else { return nil }
        return point + path.dropFirst(root.count)
    }
}

/// Undoes mountinfo's `\040` for blanks, tabs, line ends and backslashes.
private func decodingOctal(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "\\"), let code = UInt8(String(Substring(rest.prefix(3))), radix: 8) {
            bytes.append(code)
            rest = rest.dropFirst(3)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// A procfs file; empty when it cannot be read (no procfs: no layout).
private func textOfFile(_ path: String) -> String {
    guard let directory = try? CgroupDirectory(path: "/", hierarchy: nil) else { return "" }
    return (try? directory.text(of: String(path.dropFirst()))) ?? ""
}
