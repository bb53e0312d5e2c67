package import Wire

/// What can go wrong between a client and its daemon, by what the caller can do about it.
package enum ClientError: Error, Sendable, CustomStringConvertible {
    /// One place where a daemon was looked for.
    package struct Attempt: Sendable, Equatable {
        package var path: String
        package var reason: String

        package init(path: String, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    /// Nobody answers at any of the sockets.
    case unreachable(tried: [Attempt], remedy: String)
    /// A daemon of our own could not be started.
    case startFailed(cause: String, remedy: String)
    /// The daemon went away before it answered.
    case lost(during: String, cause: String)
    /// What came back is not our protocol.
    case protocolBroken(String)
    /// A request is longer than the daemon takes.
    case tooLarge(method: String, bytes: Int, limit: Int)
    /// The daemon's own answer: no, and why.
    case refused(WireError)

    /// The daemon could not be reached, or not any more.
    package var isUnreachable: Bool {
        switch self {
        case .unreachable, .startFailed, .lost: true
        case .protocolBroken, .tooLarge, .refused: false
        }
    }

    package var description: String {
        switch self {
        case .unreachable(let tried, let remedy):
            let lines = tried.map { "\n  \($0.path): \($0.reason)" }.joined()
            return "no daemon answers\(tried.isEmpty ? "" : "; tried:")\(lines)\n  remedy: \(remedy)"
        case .startFailed(let cause, let remedy):
            return "the embedded daemon did not start: \(cause)\n  remedy: \(remedy)"
        case .lost(let method, let cause):
            return "the daemon went away during \(method) (\(cause))\n"
                + "  remedy: acknowledged trials are kept; see 'executorctl list'"
        case .protocolBroken(let cause):
            return "the daemon's answer is not understood: \(cause)\n"
                + "  remedy: use executorctl and executord of the same version"
        case .tooLarge(let method, let bytes, let limit):
            return "\(method): the request has \(bytes) bytes, the daemon takes \(limit)\n"
                + "  remedy: make the replay file smaller, or put its data into the task"
        case .refused(let error):
            return error.description
        }
    }
}
