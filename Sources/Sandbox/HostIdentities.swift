import FoundationEssentials
import Glibc
package import SandboxPlan

/// Which user ids this daemon can give to sandboxes, and how the launcher gets them.
package struct HostIdentities: Sendable, Hashable {
    package var source: IdentitySource
    /// Maps of the launcher's own user namespace; nil for root, who needs none.
    package var keeperUsers: [IdentityRange]?
    package var keeperGroups: [IdentityRange]

    /// Root has ranges of its own; a user those of /etc/subuid and /etc/subgid; otherwise there is only the caller's id.
    package static func find() -> HostIdentities {
        if geteuid() == 0 { return HostIdentities(source: .root, keeperUsers: nil, keeperGroups: []) }
        let users = subordinateRange(in: "/etc/subuid")
        let groups = subordinateRange(in: "/etc/subgid")
        let tools = access("/usr/bin/newuidmap", X_OK) == 0 && access("/usr/bin/newgidmap", X_OK) == 0
        guard tools, let users, let groups else { return .single }
        let count = min(users.count, groups.count)
        func keeper(_ caller: UInt32, _ first: UInt32) -> [IdentityRange] {
            [
                IdentityRange(inside: 0, outside: caller, count: 1),
                IdentityRange(inside: 1, outside: first, count: count),
            ]
        }
        return HostIdentities(
            source: .shared(base: 1),
            keeperUsers: keeper(geteuid(), users.first),
            keeperGroups: keeper(getegid(), groups.first)
        )
    }

    /// Only the caller's own id.
    package static var single: HostIdentities {
        let own = [IdentityRange(inside: 0, outside: geteuid(), count: 1)]
        return HostIdentities(source: .single, keeperUsers: own, keeperGroups: [])
    }

    /// The caller's first range of at least 65,536 ids; see subuid(5).
    private static func subordinateRange(in path: String) -> (first: UInt32, count: UInt32)? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        var names = ["\(geteuid())"]
        if let entry = getpwuid(geteuid()) { names.append(String(cString: entry.pointee.pw_name)) }
        return parseSubordinateRange(text, names: names)
    }
}

/// The first large enough range of one of `names` in the text of a subuid file.
func parseSubordinateRange(_ text: String, names: [String]) -> (first: UInt32, count: UInt32)? {
    for line in text.split(separator: "\n") {
        let fields = line.split(separator: ":")
        guard fields.count == 3, names.contains(String(fields[0])), let first = UInt32(fields[1]),
            let count = UInt32(fields[2]), count >= IdentitySource.rangeSize
        else { continue }
        return (first, count)
    }
    return nil
}
