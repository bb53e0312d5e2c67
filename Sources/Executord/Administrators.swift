import Glibc
import Linux

/// Who may see everybody's trials and change what everybody shares: root, the daemon's own user, members of a group.
struct Administrators: Sendable {
    let group: UInt32?
    private let ownUser = geteuid()

    init(group: UInt32?) { self.group = group }

    /// By what the kernel recorded of a connection.
    func include(_ peer: PeerCredentials) -> Bool {
        if peer.user == 0 || peer.user == ownUser { return true }
        return group.map { peer.isMember(of: $0) } ?? false
    }

    /// By what the host's user database says now, of somebody who need not be connected; may block.
    func include(user: UInt32) -> Bool {
        if user == 0 || user == ownUser { return true }
        return group.map { Self.groups(of: user).contains($0) } ?? false
    }

    private static func groups(of user: UInt32) -> [UInt32] {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1 << 16) { texts in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard let start = texts.baseAddress,
                getpwuid_r(user, &entry, start, texts.count, &found) == 0, found != nil,
                let name = entry.pw_name
            else { return [] }
            // 65536 is NGROUPS_MAX.
            var count: CInt = 65_536
            var groups = [gid_t](repeating: 0, count: Int(count))
            guard getgrouplist(name, entry.pw_gid, &groups, &count) >= 0 else { return [] }
            return Array(groups.prefix(Int(count)))
        }
    }
}
