import Reactor
import Synchronization
import Wire

/// One connected client: cuts its bytes into frames, starts its requests in order, sends replies as they are ready.
final class ClientConnection: Sendable {
    private let connection: UnixConnection
    private let routes: [String: Route]
    private let state = Mutex(State())
    private let order = StartOrder()

    private struct State {
        /// Passed descriptors that no request has taken yet, in order of arrival.
        var descriptors: [SharedDescriptor] = []
        /// Trials that are cancelled when this connection ends.
        var attached: Set<String> = []
        /// Requests that have begun and are not yet answered, and the bytes of their frames.
        var requests = 0
        var bytes = 0
        var whenLess: CheckedContinuation<Void, Never>?
    }

    /// Beyond either nothing more is read until something is answered.
    private static let maximumRequests = 1024
    private static let maximumBytes = 16 << 20

    /// More than any request takes; a client that sends more is not one of ours.
    private static let maximumUnclaimedDescriptors = 16

    init(_ connection: UnixConnection, routes: [String: Route]) {
        self.connection = connection
        self.routes = routes
    }

    /// Ties a trial's life to this connection's.
    func attach(_ trial: String) {
        state.withLock { _ = $0.attached.insert(trial) }
    }

    /// Serves until the client leaves or breaks the framing; returns the trials that were attached.
    func serve(_ caller: (ClientConnection) -> Caller) async -> Set<String> {
        let caller = caller(self)
        await withDiscardingTaskGroup { group in
            var framer = LineFramer()
            receiving: while let chunk = try? await connection.receive() {
                let tooMany = state.withLock { state in
                    state.descriptors += chunk.descriptors
                    return state.descriptors.count > Self.maximumUnclaimedDescriptors
                }
                if tooMany { break }
                framer.append(chunk.bytes)
                do {
                    while let frame = try framer.nextFrame() {
                        guard await begin(frame, caller, in: &group) else { break receiving }
                    }
                } catch {
                    await refuse(WireError(.frameTooLarge, "\(error)", remedy: "pass bulk data by descriptor"))
                    break
                }
            }
            group.cancelAll()
            connection.close()
        }
        return state.withLock { $0.attached }
    }

    /// Starts one request; false when the connection cannot go on.
    private func begin(_ frame: [UInt8], _ caller: Caller, in group: inout DiscardingTaskGroup) async -> Bool {
        guard let envelope = try? WireJSON.decode(Envelope.self, from: frame) else {
            await refuse(WireError(.parseError, "a line is not a JSON-RPC object"))
            return false
        }
        guard envelope.jsonrpc == "2.0", let name = envelope.method else {
            await send(
                encodeReply(
                    Response<Empty>(id: envelope.id, error: WireError(.invalidRequest, "not a JSON-RPC 2.0 request"))
                )
            )
            return true
        }
        guard let route = routes[name] else {
            let error = WireError(.methodNotFound, "no method '\(name.prefix(100))'", remedy: "see docs/protocol.md")
            await send(encodeReply(Response<Empty>(id: envelope.id, error: error)))
            return true
        }
        let wanted = envelope.descriptors ?? route.descriptors.lowerBound
        let passed = takeDescriptors(max(0, wanted))
        guard route.descriptors.contains(wanted) else {
            let error = WireError(
                .invalidParams,
                "\(name): takes \(route.descriptors.lowerBound) to \(route.descriptors.upperBound) descriptors, not \(wanted)"
            )
            await send(encodeReply(Response<Empty>(id: envelope.id, error: error)))
            return true
        }
        var caller = caller
        if route.isOrdered { caller.turn = order.next() }
        await takeRoom(frame.count)
        // Here until it waits for the first time: the next frame is not read sooner by another thread's waking up.
        group.addImmediateTask { [caller] in
            defer { self.giveRoom(frame.count) }
            let reply = await route.handle(frame, envelope.id, caller, passed)
            caller.turn.end()
            // A request without an id is a notification: nothing is answered.
            if envelope.id != nil { await self.send(reply.bytes) }
            await reply.afterReply?()
        }
        return true
    }

    private func takeRoom(_ bytes: Int) async {
        await withCheckedContinuation { continuation in
            let hasRoom = state.withLock { state in
                state.requests += 1
                state.bytes += bytes
                if state.requests <= Self.maximumRequests && state.bytes <= Self.maximumBytes { return true }
                // Only the one reader waits.
                state.whenLess = continuation
                return false
            }
            if hasRoom { continuation.resume() }
        }
    }

    private func giveRoom(_ bytes: Int) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.requests -= 1
            state.bytes -= bytes
            guard state.requests <= Self.maximumRequests && state.bytes <= Self.maximumBytes else { return nil }
            return state.whenLess.take()
        }
        waiting?.resume()
    }

    private func takeDescriptors(_ count: Int) -> [SharedDescriptor] {
        state.withLock { state in
            let taken = Array(state.descriptors.prefix(count))
            state.descriptors.removeFirst(taken.count)
            return taken
        }
    }

    private func refuse(_ error: WireError) async {
        await send(encodeReply(Response<Empty>(id: nil, error: error)))
    }

    /// Sends one notification; false when the client is gone.
    func notify<N: NotificationKind>(_ kind: N.Type, _ params: N.Params) async -> Bool {
        guard let bytes = try? WireJSON.encode(Request(id: nil, method: N.name, params: params)) else { return false }
        return await send(bytes + [UInt8(ascii: "\n")])
    }

    /// False when the client is gone: its reading side ends soon, too.
    @discardableResult
    private func send(_ bytes: [UInt8]) async -> Bool {
        do {
            try await connection.send(bytes)
            return true
        } catch {
            return false
        }
    }
}
