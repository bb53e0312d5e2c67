import CLinux
import Glibc

/// Who is at the other end of a Unix socket, as the kernel recorded it when the connection was made.
package struct PeerCredentials: Sendable, Hashable {
    package let user: UInt32
    package let group: UInt32
    /// The process that connected; it may have ended, and the number may be another's by now.
    package let process: Int32
    /// Supplementary groups at the time of connecting.
    package let supplementaryGroups: [UInt32]

    package init(user: UInt32, group: UInt32, process: Int32, supplementaryGroups: [UInt32] = []) {
        self.user = user
        self.group = group
        self.process = process
        self.supplementaryGroups = supplementaryGroups
    }

    /// Reads SO_PEERCRED and SO_PEERGROUPS (Linux 4.13) of a connected socket; see unix(7), socket(7).
    package init(of socket: CInt) throws(SystemError) {
        var user = UInt32(), group = UInt32(), process = Int32()
        try syscall("getsockopt(SO_PEERCRED)") { clinux_peer_credentials(socket, &user, &group, &process) }
        self.init(user: user, group: group, process: process, supplementaryGroups: try peerGroups(of: socket))
    }

    /// Whether the peer belonged to a group, as its main one or as a supplementary one.
    package func isMember(of other: UInt32) -> Bool {
        group == other || supplementaryGroups.contains(other)
    }
}

private func peerGroups(of socket: CInt) throws(SystemError) -> [UInt32] {
    // 65536 is NGROUPS_MAX; nearly everybody fits the first try.
    for capacity in [64, 65_536] {
        var groups = [UInt32](repeating: 0, count: capacity)
        var length = socklen_t(capacity * MemoryLayout<UInt32>.stride)
        if getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, &groups, &length) == 0 {
            return Array(groups.prefix(Int(length) / MemoryLayout<UInt32>.stride))
        }
        // ENODATA: the peer has none to tell, as with a listening socket's own.
        if errno == ENODATA { return [] }
        guard errno == ERANGE else { break }
    }
    throw SystemError(call: "getsockopt(SO_PEERGROUPS)", code: errno)
}
