import Client
import Glibc
import Wire

/// One prompt to an ACP agent, from the handshake to the end of its turn.
final class ACPConversation {
    private let session: SessionInfo
    private let connection: Connection
    private let channel: LineChannel
    private let requests: ACPRequests
    private var transcript: ACPTranscript
    /// All that was said, a line each.
    private(set) var events: BoundedLog
    private var lastID = 0
    private var replies: [Int: JSONValue] = [:]

    init(session: SessionInfo, connection: Connection, channel: LineChannel, limit: Int) {
        self.session = session
        self.connection = connection
        self.channel = channel
        requests = ACPRequests(session: session, connection: connection)
        transcript = ACPTranscript(session: session, connection: connection)
        events = BoundedLog(limit: limit)
    }

    /// Asks the agent to do what the task says, and serves what it asks for meanwhile.
    ///
    /// - Throws: `ACPFailure` for faults of the agent's, `ClientError` for those of the daemon's connection.
    func run(log: CInt, printed: inout BoundedLog, isOver: AgentEnd) throws {
        func answer(to method: String, _ params: JSONValue) throws -> JSONValue? {
            let id = try ask(method, params)
            while replies[id] == nil {
                guard try turn(log, &printed, isOver) else { return nil }
            }
            guard let reply = replies.removeValue(forKey: id) else { return nil }
            if let error = reply["error"] {
                throw ACPFailure(description: "\(method): \(error["message"]?.text ?? "error")")
            }
            return reply["result"] ?? .null
        }
        let hello = try answer(
            to: "initialize",
            [
                "protocolVersion": 1,
                "clientCapabilities": ["fs": ["readTextFile": true, "writeTextFile": true], "terminal": true],
                "clientInfo": ["name": "executorctl", "version": .text(Release.version)],
            ]
        )
        guard let hello else { return }
        guard hello["protocolVersion"]?.integer == 1 else {
            throw ACPFailure(description: "it does not speak version 1 of the protocol")
        }
        let made = try answer(
            to: "session/new",
            ["cwd": .text(session.workingDirectory), "mcpServers": []]
        )
        guard let made else { return }
        guard let id = made["sessionId"]?.text else {
            throw ACPFailure(description: "session/new: the reply has no sessionId")
        }
        let text = session.instruction ?? ""
        let end = try answer(
            to: "session/prompt",
            ["sessionId": .text(id), "prompt": [["type": "text", "text": .text(text)]]]
        )
        guard let end else { return }
        try transcript.finish(stopReason: end["stopReason"]?.text, usage: end["usage"])
    }

    private func ask(_ method: String, _ params: JSONValue) throws -> Int {
        lastID += 1
        try send(["jsonrpc": "2.0", "id": .integer(lastID), "method": .text(method), "params": params])
        return lastID
    }

    private func send(_ message: JSONValue) throws {
        note(message)
        guard try channel.write(message) else { throw ACPFailure(description: "it has closed its standard input") }
    }

    private func note(_ message: JSONValue) {
        guard let line = try? WireJSON.encode(message) else { return }
        events.append((line + [UInt8(ascii: "\n")])[...])
    }

    /// Waits for news from agent and daemon and deals with them; false when the trial has ended.
    private func turn(_ log: CInt, _ printed: inout BoundedLog, _ isOver: AgentEnd) throws -> Bool {
        guard channel.isOpen else { throw ACPFailure(description: "it ended before its turn did") }
        var waits = [channel.source, connection.descriptor, printed.hasEnded ? -1 : log].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        _ = poll(&waits, nfds_t(waits.count), 200)
        if isOver.hasCome { return false }
        if waits[2].revents != 0 { printed.readOrEnd(log) }
        if waits[1].revents != 0 { try connection.receive() }
        for reply in try requests.due() { try send(reply) }
        if waits[0].revents != 0 {
            for line in try channel.read() { try take(line) }
        }
        return true
    }

    private func take(_ line: [UInt8]) throws {
        guard let message = try? WireJSON.decode(JSONValue.self, from: line), case .object = message else {
            throw ACPFailure(description: "a line of its standard output is not a JSON object")
        }
        note(message)
        let params = message["params"] ?? .null
        switch (message["method"]?.text, message["id"]) {
        case ("session/update", nil): try transcript.take(params["update"] ?? .null)
        case (nil, .integer(let id)?): replies[id] = message
        case (let method?, let id?):
            // What was said before it stands before what is done.
            try transcript.flush()
            if let reply = try requests.take(method, params, id: id) { try send(reply) }
        default: break
        }
    }
}

extension BoundedLog {
    /// Reads once; the end is remembered.
    mutating func readOrEnd(_ source: CInt) {
        if !read(source) { hasEnded = true }
    }
}
