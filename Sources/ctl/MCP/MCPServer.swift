import Client
import Glibc
import Wire

/// The server's side of the Model Context Protocol over lines; see modelcontextprotocol.io/specification.
///
/// Revisions up to 2025-11-25 begin with a handshake; 2026-07-28 has none: there each request names its revision.
final class MCPServer {
    private let channel: LineChannel
    private let tools: MCPTools

    private static let handshakes = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
    private static let stateless = "2026-07-28"
    private static let revisionKey = "io.modelcontextprotocol/protocolVersion"

    init(channel: LineChannel, tools: MCPTools) {
        self.channel = channel
        self.tools = tools
    }

    /// Until the agent closes its end.
    func serve() throws {
        signal(SIGPIPE, SIG_IGN)
        while channel.isOpen {
            // Before waiting: another call may have read the answer.
            for (id, result) in try tools.due() { try send(id, result) }
            var waits = [channel.source, tools.connection.descriptor].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&waits, 2, -1) >= 0 || errno == EINTR else { return }
            if waits[1].revents != 0 { try tools.connection.receive() }
            guard waits[0].revents != 0 else { continue }
            for line in try channel.read() { try take(line) }
        }
    }

    private func take(_ line: [UInt8]) throws {
        guard !line.isEmpty else { return }
        guard let message = try? WireJSON.decode(JSONValue.self, from: line), case .object = message else {
            try channel.write(Self.error(.null, -32700, "a line is not a JSON object"))
            return
        }
        // Notifications need no answer, and nothing here hangs on them but a call's end.
        guard let id = message["id"] else {
            if message["method"]?.text == "notifications/cancelled", let id = message["params"]?["requestId"] {
                try tools.cancel(id)
            }
            return
        }
        guard let method = message["method"]?.text else { return }
        try answer(method, message["params"] ?? .null, id)
    }

    private func answer(_ method: String, _ params: JSONValue, _ id: JSONValue) throws {
        let revision = params["_meta"]?[Self.revisionKey]?.text
        if let revision, revision != Self.stateless, !Self.handshakes.contains(revision) {
            let data: JSONValue = ["supported": Self.supported, "requested": .text(revision)]
            try channel.write(Self.error(id, -32022, "revision \(revision) is not spoken here", data))
            return
        }
        switch method {
        case "initialize":
            let wanted = params["protocolVersion"]?.text ?? ""
            let agreed = Self.handshakes.contains(wanted) ? wanted : Self.handshakes[0]
            try send(
                id,
                [
                    "protocolVersion": .text(agreed), "capabilities": Self.capabilities, "serverInfo": Self.identity,
                    "instructions": .text(tools.instructions),
                ]
            )
        case "server/discover":
            try send(
                id,
                [
                    "supportedVersions": Self.supported, "capabilities": Self.capabilities, "serverInfo": Self.identity,
                    "instructions": .text(tools.instructions), "resultType": "complete", "ttlMs": 0,
                    "cacheScope": "private",
                ]
            )
        case "ping": try send(id, revision == nil ? [:] : ["resultType": "complete"])
        case "tools/list":
            try send(
                id,
                [
                    "tools": MCPTools.declarations, "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
                ]
            )
        case "tools/call":
            guard let name = params["name"]?.text, MCPTools.names.contains(name) else {
                try channel.write(Self.error(id, -32602, "no tool '\(params["name"]?.text ?? "")'"))
                return
            }
            if let result = try tools.call(name, params["arguments"] ?? .null, id: id) { try send(id, result) }
        default: try channel.write(Self.error(id, -32601, "no method '\(method)'"))
        }
    }

    private static let supported = JSONValue.list(([stateless] + handshakes).map { .text($0) })
    private static let capabilities: JSONValue = ["tools": [:]]
    private static let identity: JSONValue = ["name": "executord", "version": .text(Release.version)]

    private func send(_ id: JSONValue, _ result: JSONValue) throws {
        try channel.write(["jsonrpc": "2.0", "id": id, "result": result])
    }

    private static func error(_ id: JSONValue, _ code: Int, _ message: String, _ data: JSONValue? = nil) -> JSONValue {
        var error: [String: JSONValue] = ["code": .integer(code), "message": .text(message)]
        error["data"] = data
        return ["jsonrpc": "2.0", "id": id, "error": .object(error)]
    }
}
