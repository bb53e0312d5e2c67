import Reactor
import Wire

/// Who calls, and on which connection.
struct Caller: Sendable {
    let user: UInt32
    /// May see and stop everybody's trials: root, the daemon's own user, members of the admin group.
    let isAdministrator: Bool
    let connection: ClientConnection
    /// The caller is inside a sandbox, and this is its session: there is no other for it.
    var session: LiveSession?
    /// This request's place among the ordered ones of its connection.
    var turn = StartOrder().next()

    /// The owner filter for the store: nil sees all.
    var visibleOwner: UInt32? { isAdministrator ? nil : user }
}

/// What a handler answers: the result, and what is done once the reply has been sent.
struct Answer<Result: Sendable>: Sendable {
    let result: Result
    var afterReply: (@Sendable () async -> Void)?

    init(_ result: Result, afterReply: (@Sendable () async -> Void)? = nil) {
        self.result = result
        self.afterReply = afterReply
    }
}

/// One method of the protocol, bound to the code behind it.
struct Route: Sendable {
    let name: String
    /// How many passed descriptors the call takes; the least where its frame does not say.
    let descriptors: ClosedRange<Int>
    /// The handler waits for its turn, and ends it when it has begun; requests of other routes start at once, and nobody
    /// waits for them.
    let isOrdered: Bool
    /// Decodes, calls, encodes; never fails: every failure is an error reply.
    let handle: @Sendable ([UInt8], RequestID?, Caller, [SharedDescriptor]) async -> Reply

    /// The bytes to send, and what to do afterwards.
    struct Reply: Sendable {
        let bytes: [UInt8]
        let afterReply: (@Sendable () async -> Void)?
    }

    init<M: Method>(
        _ method: M.Type,
        descriptors: ClosedRange<Int> = 0...0,
        isOrdered: Bool = false,
        _ body: @escaping @Sendable (M.Params, Caller, [SharedDescriptor]) async throws -> Answer<M.Result>
    ) {
        name = M.name
        self.descriptors = descriptors
        self.isOrdered = isOrdered
        handle = { frame, id, caller, passed in
            do {
                let params = try Self.params(of: M.self, frame)
                let answer = try await body(params, caller, passed)
                return Reply(
                    bytes: encodeReply(Response(id: id, result: answer.result)),
                    afterReply: answer.afterReply
                )
            } catch {
                return Reply(
                    bytes: encodeReply(Response<Empty>(id: id, error: WireError(describing: error))),
                    afterReply: nil
                )
            }
        }
    }

    /// A method whose handler needs neither descriptors nor an afterwards.
    init<M: Method>(
        _ method: M.Type,
        isOrdered: Bool = false,
        _ body: @escaping @Sendable (M.Params, Caller) async throws -> M.Result
    ) {
        self.init(method, isOrdered: isOrdered) { params, caller, _ in Answer(try await body(params, caller)) }
    }

    private static func params<M: Method>(of method: M.Type, _ frame: [UInt8]) throws(WireError) -> M.Params {
        do {
            return try WireJSON.decode(Request<M.Params>.self, from: frame).params
        } catch {
            throw WireError(badParams: error, method: M.name)
        }
    }
}

/// Replies are our own types: that one cannot be encoded is itself told, not hidden.
func encodeReply<Result: Codable & Sendable>(_ response: Response<Result>) -> [UInt8] {
    do {
        return try WireJSON.encode(response) + [UInt8(ascii: "\n")]
    } catch {
        return Array(
            #"{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"the reply could not be encoded","data":{"name":"internalError"}}}"#
                .utf8
        ) + [UInt8(ascii: "\n")]
    }
}
