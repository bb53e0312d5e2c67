import CLinux
import Glibc
package import Linux

/// Tells the service manager how the daemon is; see sd_notify(3).
package struct ServiceNotifier: Sendable {
    /// What can be told.
    package enum Event: Sendable, Hashable {
        /// Recovered and listening.
        case ready
        case stopping
        /// Alive; due at least every WATCHDOG_USEC.
        case watchdog
        /// One line for `systemctl status`.
        case status(String)

        var assignment: String {
            switch self {
            case .ready: "READY=1"
            case .stopping: "STOPPING=1"
            case .watchdog: "WATCHDOG=1"
            // A line break would start another assignment.
            case .status(let text): "STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " ")
            }
        }
    }

    private let address: UnixAddress

    /// Takes the value of $NOTIFY_SOCKET, where `@` begins an abstract name.
    package init(socket: String) throws(UnixAddressError) {
        address =
            socket.hasPrefix("@")
            ? try UnixAddress(abstract: String(socket.dropFirst())) : try UnixAddress(path: socket)
    }

    /// Sends the events as one datagram, without waiting for a busy manager.
    package func notify(_ events: Event...) throws(SystemError) {
        let text = events.map(\.assignment).joined(separator: "\n")
        let sender = try OwnedDescriptor.unixSocket(SOCK_DGRAM)
        let raw = sender.raw
        let bytes = Array(text.utf8)
        let flags = CInt(MSG_NOSIGNAL | MSG_DONTWAIT)
        try syscall("sendto") {
            address.withPointer { CInt(truncatingIfNeeded: sendto(raw, bytes, bytes.count, flags, $0, $1)) }
        }
    }
}
