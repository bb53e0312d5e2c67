/// Kinds of network, from the narrowest to the widest.
package enum NetworkKind: String, Codable, Sendable, Hashable, CaseIterable, Comparable {
    case closed = "no-network"
    case allowlist
    case open = "public"

    package static func < (one: NetworkKind, other: NetworkKind) -> Bool { one.width < other.width }

    private var width: Int {
        switch self {
        case .closed: 0
        case .allowlist: 1
        case .open: 2
        }
    }
}

/// One request that a program in a sandbox made through the proxy: evidence, also when it was refused.
package struct NetworkRequest: Codable, Sendable, Hashable {
    package enum Decision: String, Codable, Sendable, CaseIterable {
        /// A connection was made.
        case allowed
        /// The target may not be reached, or the request is not one that the proxy takes.
        case refused
        /// The target may be reached, but was not.
        case failed
    }

    package var phase: TrialPhase
    package var startedAt: Timestamp
    package var milliseconds: Double
    /// `CONNECT`, `GET`, …; empty for what is no request.
    package var method: String
    /// As it was asked for; empty for what is no request.
    package var host: String
    package var port: Int
    /// The address that was connected to.
    package var address: String?
    package var decision: Decision
    /// Why it was refused or failed.
    ///
    /// `notListed`, `port`, `address`, `malformed`, `timeout`, `unresolved`, `unreachable` or `busy`.
    package var reason: String?
    /// The status of the answer, which is the proxy's own unless the request was allowed.
    package var status: Int?
    /// From the sandbox to the target, and back.
    package var sentBytes: Int
    package var receivedBytes: Int

    package init(
        phase: TrialPhase,
        startedAt: Timestamp,
        milliseconds: Double = 0,
        method: String = "",
        host: String = "",
        port: Int = 0,
        address: String? = nil,
        decision: Decision,
        reason: String? = nil,
        status: Int? = nil,
        sentBytes: Int = 0,
        receivedBytes: Int = 0
    ) {
        self.phase = phase
        self.startedAt = startedAt
        self.milliseconds = milliseconds
        self.method = method
        self.host = host
        self.port = port
        self.address = address
        self.decision = decision
        self.reason = reason
        self.status = status
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
    }
}

/// What a trial asked of one target, added up.
package struct NetworkTarget: Codable, Sendable, Hashable {
    package var host: String
    package var port: Int
    package var decision: NetworkRequest.Decision
    package var reason: String?
    package var requests: Int
    package var sentBytes: Int
    package var receivedBytes: Int

    package init(_ request: NetworkRequest) {
        host = request.host
        port = request.port
        decision = request.decision
        reason = request.reason
        requests = 1
        sentBytes = request.sentBytes
        receivedBytes = request.receivedBytes
    }
}

extension [NetworkTarget] {
    /// By target and decision, in the order in which they were first asked for.
    package init(_ requests: [NetworkRequest]) {
        self = []
        for request in requests {
            let same = firstIndex { target in
                target.host == request.host && target.port == request.port && target.decision == request.decision
                    && target.reason == request.reason
            }
            guard let same else {
                append(NetworkTarget(request))
                continue
            }
            self[same].requests += 1
            self[same].sentBytes += request.sentBytes
            self[same].receivedBytes += request.receivedBytes
        }
    }
}
