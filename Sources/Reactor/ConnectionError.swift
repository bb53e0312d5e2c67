package import Linux

/// Why a connection gave no bytes or took none.
package enum ConnectionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// This side closed it, or the peer did and took the rest of what was sent with it.
    case closed
    /// The peer reads too slowly: more than `limit` bytes waited for it, and the connection was closed.
    case backlogFull(limit: Int)
    /// The waiting task was cancelled.
    case cancelled
    case system(SystemError)

    package var description: String {
        switch self {
        case .closed: "the connection is closed; open a new one"
        case .backlogFull(let limit):
            "the peer left more than \(limit) bytes unread and was disconnected; it must read faster or ask for less"
        case .cancelled: "the wait on the connection was cancelled"
        case .system(let error): "the connection failed: \(error)"
        }
    }
}
