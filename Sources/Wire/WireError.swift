/// The numbered, named errors of the protocol.
///
/// The numbers below -32000 are JSON-RPC's own; ours lie between -32001 and -32099.
package enum ErrorCode: Int, Codable, Sendable, CaseIterable {
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParams = -32602
    case internalError = -32603
    /// The frame was longer than the limit told in `daemon.hello`.
    case frameTooLarge = -32001
    /// No trial, task, job or output of that name that this caller may see.
    case notFound = -32002
    /// The caller may not do this.
    case forbidden = -32003
    /// The task directory is not a valid task.
    case taskInvalid = -32010
    /// This version or this host cannot honour what the task asks; `remedy` says what to do.
    case taskRefused = -32011
    /// The sandbox could not be set up; `message` names stage and operation.
    case sandboxFailed = -32020
    /// A limit cannot be enforced on this host.
    case limitUnenforceable = -32021
    /// The request does not fit the state: cancelling a finished trial, verifying one without a frozen layer.
    case conflict = -32030
    /// The session is over; `reason` says how: `submitted`, `AgentTimeoutError`, `cancelled`.
    case sessionEnded = -32032
    /// The daemon is stopping and takes nothing new.
    case shuttingDown = -32031
    /// Reading or writing the daemon's own state failed.
    case storageFailed = -32040

    /// A file action failed; `reason` is the errno's name, for example `ENOENT`.
    case fileFailed = -32050

    /// The stable machine name, as programs should match on it.
    package var name: String { String(describing: self) }
}

/// An error as it travels: numbered, named, with cause and remedy in words.
package struct WireError: Error, Codable, Sendable, CustomStringConvertible {
    package var code: Int
    package var message: String
    package var data: Details

    /// What programs and people need beyond the sentence.
    package struct Details: Codable, Sendable {
        /// The stable name of the code, for example `taskRefused`.
        package var name: String
        /// The finer reason, for example `dockerfileNeedsBuild`.
        package var reason: String?
        /// What to do about it.
        package var remedy: String?
    }

    package init(_ code: ErrorCode, _ message: String, reason: String? = nil, remedy: String? = nil) {
        self.code = code.rawValue
        self.message = message
        self.data = Details(name: code.name, reason: reason, remedy: remedy)
    }

    /// The sentence for params that did not decode: names the key path and what was expected there.
    package init(badParams error: any Error, method: String) {
        self.init(.invalidParams, "\(method): \(Self.sentence(for: error))")
    }

    package var description: String {
        guard let remedy = data.remedy else { return message }
        return "\(message)\n  remedy: \(remedy)"
    }

    /// What is wrong with a message, and where in it.
    package static func sentence(for error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            let keys = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            return keys.isEmpty ? "the message" : keys.joined(separator: ".")
        }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): return "\(path(context)) lacks the key '\(key.stringValue)'"
        case .typeMismatch(let type, let context): return "\(path(context)) is not a \(type)"
        case .valueNotFound(let type, let context): return "\(path(context)) is null where a \(type) is needed"
        case .dataCorrupted(let context): return "\(path(context)): \(context.debugDescription)"
        default: return "\(error)"
        }
    }
}
