import Linux
package import Wire

/// A blocking connection to a daemon, for one thread.
///
/// Calls may overlap by `begin` and `finish`; notifications that arrive meanwhile are kept in order.
package final class Connection {
    /// A request that was sent and not yet answered.
    package struct Pending<M: Method>: Sendable {
        let id: Int
    }

    private let socket: FrameSocket
    private var framer = LineFramer(limit: 16 << 20)
    private let receiveSize: Int
    private var lastID = 0
    private var sendLimit = LineFramer.defaultLimit
    private var replies: [Int: [UInt8]] = [:]
    private var notifications: [(name: String, frame: [UInt8])] = []

    /// Connects and nothing more; `receiveSize` bounds one read.
    init(connectingTo path: String, receiveSize: Int = 1 << 16) throws(SystemError) {
        socket = try FrameSocket.connected(to: path)
        self.receiveSize = receiveSize
    }

    /// For poll(2): readable when `finishIfAnswered` may have news.
    package var descriptor: CInt { socket.descriptor }

    /// Introduces the client; a daemon that does not answer within `milliseconds` is an error.
    package func hello(client: String, within milliseconds: CInt = 10_000) throws(ClientError) -> DaemonHello.Result {
        let pending = try begin(DaemonHello.self, .init(client: client))
        let isAnswered = try attempt(DaemonHello.name) { () throws(SystemError) in
            try socket.isReadable(within: milliseconds)
        }
        guard isAnswered else {
            throw .lost(during: DaemonHello.name, cause: "no answer for \(milliseconds / 1000) s")
        }
        let hello = try finish(pending)
        guard hello.protocolVersion == Release.protocolVersion else {
            throw .protocolBroken(
                "the daemon speaks version \(hello.protocolVersion) of the protocol, this client \(Release.protocolVersion)"
            )
        }
        sendLimit = hello.maximumFrameBytes
        return hello
    }

    /// Sends a request and waits for its reply.
    ///
    /// The descriptors stay the caller's to close.
    package func call<M: Method>(
        _ method: M.Type,
        _ params: M.Params,
        descriptors: [CInt] = []
    ) throws(ClientError) -> M.Result {
        try finish(try begin(method, params, descriptors: descriptors))
    }

    /// Sends a request without waiting.
    package func begin<M: Method>(
        _ method: M.Type,
        _ params: M.Params,
        descriptors: [CInt] = []
    ) throws(ClientError) -> Pending<M> {
        lastID += 1
        let frame: [UInt8]
        do {
            let passed = descriptors.isEmpty ? nil : descriptors.count
            frame = try WireJSON.encode(
                Request(id: .number(lastID), method: M.name, params: params, descriptors: passed)
            )
        } catch {
            throw .protocolBroken("\(M.name) cannot be encoded: \(error)")
        }
        guard frame.count <= sendLimit else { throw .tooLarge(method: M.name, bytes: frame.count, limit: sendLimit) }
        try attempt(M.name) { () throws(SystemError) in
            try socket.send(frame + [UInt8(ascii: "\n")], descriptors: descriptors)
        }
        return Pending(id: lastID)
    }

    /// Waits for the reply.
    package func finish<M: Method>(_ pending: Pending<M>) throws(ClientError) -> M.Result {
        while true {
            if let result = try reply(to: pending) { return result }
            try readOnce(during: M.name)
        }
    }

    /// Reads what is there; blocks only when the descriptor is not readable.
    package func receive() throws(ClientError) {
        try readOnce(during: "a reply")
    }

    /// The reply if it has been received.
    package func answer<M: Method>(to pending: Pending<M>) throws(ClientError) -> M.Result? {
        try reply(to: pending)
    }

    /// Notifications of a kind that have been received; those of other kinds stay.
    package func received<N: NotificationKind>(_ kind: N.Type) throws(ClientError) -> [N.Params] {
        let frames = notifications.filter { $0.name == N.name }
        notifications.removeAll { $0.name == N.name }
        var params: [N.Params] = []
        for (name, frame) in frames { params.append(try decode(Request<N.Params>.self, frame, name).params) }
        return params
    }

    /// The reply if it is there after at most one read; blocks only when the descriptor is not readable.
    package func finishIfAnswered<M: Method>(_ pending: Pending<M>) throws(ClientError) -> M.Result? {
        try readOnce(during: M.name)
        return try reply(to: pending)
    }

    /// Waits for the next notification of a kind; others are dropped.
    package func next<N: NotificationKind>(_ kind: N.Type) throws(ClientError) -> N.Params {
        while true {
            while !notifications.isEmpty {
                let (name, frame) = notifications.removeFirst()
                guard name == N.name else { continue }
                return try decode(Request<N.Params>.self, frame, name).params
            }
            try readOnce(during: N.name)
        }
    }

    private func reply<M: Method>(to pending: Pending<M>) throws(ClientError) -> M.Result? {
        guard let frame = replies.removeValue(forKey: pending.id) else { return nil }
        let response = try decode(Response<M.Result>.self, frame, M.name)
        if let error = response.error { throw .refused(error) }
        guard let result = response.result else {
            throw .protocolBroken("the reply to \(M.name) has neither result nor error")
        }
        return result
    }

    /// Reads once and sorts the whole frames into replies and notifications.
    private func readOnce(during method: String) throws(ClientError) {
        let bytes = try attempt(method) { () throws(SystemError) in try socket.receive(atMost: receiveSize) }
        guard !bytes.isEmpty else {
            throw .lost(during: method, cause: framer.hasPartialFrame ? "cut off in a reply" : "connection closed")
        }
        framer.append(bytes)
        do {
            while let frame = try framer.nextFrame() { try sort(frame) }
        } catch let error as ClientError {
            throw error
        } catch {
            throw .protocolBroken("\(error)")
        }
    }

    private func sort(_ frame: [UInt8]) throws(ClientError) {
        let envelope = try decode(Envelope.self, frame, "a frame")
        switch (envelope.id, envelope.method) {
        case (.number(let id), nil):
            guard id <= lastID else { throw .protocolBroken("a reply to request \(id), which was never sent") }
            replies[id] = frame
        case (nil, let method?):
            notifications.append((method, frame))
        case (nil, nil):
            let response = try decode(Response<Empty>.self, frame, "a frame without an id")
            if let error = response.error { throw .refused(error) }
            throw .protocolBroken("a frame with neither id nor method")
        default:
            throw .protocolBroken("a request from the daemon")
        }
    }

    private func decode<T: Decodable>(_ type: T.Type, _ frame: [UInt8], _ name: String) throws(ClientError) -> T {
        do {
            return try WireJSON.decode(type, from: frame)
        } catch {
            throw .protocolBroken(WireError(badParams: error, method: name).message)
        }
    }

    private func attempt<T>(_ method: String, _ body: () throws(SystemError) -> T) throws(ClientError) -> T {
        do {
            return try body()
        } catch {
            throw .lost(during: method, cause: errorText(error.code))
        }
    }
}
