import Client
import Wire

/// What an ACP agent asks of its client: files and terminals of the sandbox, and leave to use them.
final class ACPRequests {
    private let session: SessionInfo
    private let connection: Connection
    /// Terminals by the agent's name for them.
    private var terminals: [String: Terminal] = [:]
    /// Waits that the daemon has not answered.
    private var waiting: [(id: JSONValue, pending: Connection.Pending<ActionWait>)] = []
    private var lastTerminal = 0

    private struct Terminal {
        let action: Int
        /// Of its output that the agent wants at most, from the end.
        let limit: Int
    }

    private static let defaultLimit = 1 << 20

    init(session: SessionInfo, connection: Connection) {
        self.session = session
        self.connection = connection
    }

    /// Serves one request; nil when the answer comes later.
    func take(_ method: String, _ params: JSONValue, id: JSONValue) throws -> JSONValue? {
        do {
            if method == "terminal/wait_for_exit" {
                let terminal = try terminal(params)
                let pending = try connection.begin(
                    ActionWait.self,
                    .init(session: session.session, action: terminal.action)
                )
                waiting.append((id, pending))
                return nil
            }
            return Self.reply(id, try result(method, params))
        } catch ClientError.refused(let error) {
            return Self.failure(id, error)
        } catch let error as Refusal {
            return Self.failure(id, code: error.code, error.message)
        }
    }

    /// Answers to waits that have come to their end.
    func due() throws -> [JSONValue] {
        var replies: [JSONValue] = []
        var still: [(id: JSONValue, pending: Connection.Pending<ActionWait>)] = []
        for (id, pending) in waiting {
            do {
                if let outcome = try connection.answer(to: pending) {
                    replies.append(Self.reply(id, Self.status(outcome.exit)))
                } else {
                    still.append((id, pending))
                }
            } catch ClientError.refused(let error) {
                replies.append(Self.failure(id, error))
            }
        }
        waiting = still
        return replies
    }

    private struct Refusal: Error {
        let code: Int
        let message: String
    }

    private func result(_ method: String, _ params: JSONValue) throws -> JSONValue {
        switch method {
        case "session/request_permission": return Self.permission(params)
        case "fs/read_text_file": return try read(params)
        case "fs/write_text_file":
            let content = try text(params, "content")
            _ = try connection.call(
                ActionWrite.self,
                .init(session: session.session, path: try text(params, "path"), content: ByteContent(content))
            )
            return [:]
        case "terminal/create": return try create(params)
        case "terminal/output": return try output(try terminal(params))
        case "terminal/kill":
            try kill(try terminal(params))
            return [:]
        case "terminal/release":
            try kill(try terminal(params))
            terminals.removeValue(forKey: try text(params, "terminalId"))
            return [:]
        default: throw Refusal(code: -32601, message: "no method '\(method)'")
        }
    }

    /// The sandbox is what decides: everything is allowed, once where that can be said.
    private static func permission(_ params: JSONValue) -> JSONValue {
        let options = params["options"]?.list ?? []
        let chosen =
            options.first { $0["kind"]?.text == "allow_once" } ?? options.first { $0["kind"]?.text == "allow_always" }
        guard let id = chosen?["optionId"] else { return ["outcome": ["outcome": "cancelled"]] }
        return ["outcome": ["outcome": "selected", "optionId": id]]
    }

    private func read(_ params: JSONValue) throws -> JSONValue {
        let path = try text(params, "path")
        var bytes: [UInt8] = []
        var offset: Int? = 0
        while let start = offset {
            let piece = try connection.call(
                ActionRead.self,
                .init(session: session.session, path: path, offset: start)
            )
            bytes += piece.content?.bytes ?? []
            guard bytes.count <= 16 << 20 else {
                throw Refusal(code: -32603, message: "\(path) is too large to be text")
            }
            offset = piece.nextOffset
        }
        guard let whole = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(code: -32603, message: "\(path) is not UTF-8 text")
        }
        guard params["line"]?.integer != nil || params["limit"]?.integer != nil else {
            return ["content": .text(whole)]
        }
        // Lines count from 1.
        let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
            .dropFirst(max(0, (params["line"]?.integer ?? 1) - 1))
            .prefix(params["limit"]?.integer ?? .max)
        return ["content": .text(lines.joined(separator: "\n"))]
    }

    // MARK: Terminals

    private func create(_ params: JSONValue) throws -> JSONValue {
        let arguments = (params["args"]?.list ?? []).compactMap(\.text)
        let command = try text(params, "command")
        var environment: [String: String] = [:]
        for variable in params["env"]?.list ?? [] {
            if let name = variable["name"]?.text { environment[name] = variable["value"]?.text ?? "" }
        }
        let limit = min(params["outputByteLimit"]?.integer ?? Self.defaultLimit, session.limits.outputBytes / 2)
        let started = try connection.call(
            ActionStart.self,
            ProgramRequest(
                session: session.session,
                // A command without arguments is a command line: agents send both forms.
                argv: arguments.isEmpty ? nil : [command] + arguments,
                shell: arguments.isEmpty ? command : nil,
                cwd: params["cwd"]?.text,
                environment: environment,
                stdin: ByteContent([]),
                outputBytes: max(2, limit * 2),
                merge: true
            )
        )
        lastTerminal += 1
        let name = "term-\(lastTerminal)"
        terminals[name] = Terminal(action: started.action, limit: limit)
        return ["terminalId": .text(name)]
    }

    private func terminal(_ params: JSONValue) throws -> Terminal {
        let name = try text(params, "terminalId")
        guard let terminal = terminals[name] else { throw Refusal(code: -32002, message: "no terminal '\(name)'") }
        return terminal
    }

    /// The end of what it has printed, beginning with a whole character.
    private func output(_ terminal: Terminal) throws -> JSONValue {
        var bytes: [UInt8] = []
        var (offset, total): (Int?, Int) = (0, 0)
        var exit: ActionExit?
        while let start = offset {
            let piece = try connection.call(
                ActionOutput.self,
                .init(session: session.session, action: terminal.action, offset: start)
            )
            bytes += piece.content.bytes
            (total, exit) = (piece.totalBytes, piece.exit)
            // Of a program that runs the end is not known: what is there now is what there is.
            offset = piece.content.bytes.isEmpty ? nil : piece.nextOffset
        }
        var kept = bytes.suffix(terminal.limit)
        if kept.count < bytes.count || total > bytes.count {
            kept = kept.drop(while: UTF8.isContinuation)
        }
        var result: [String: JSONValue] = [
            "output": .text(String(decoding: kept, as: UTF8.self)), "truncated": .flag(kept.count < total),
        ]
        if let exit { result["exitStatus"] = Self.status(exit) }
        return .object(result)
    }

    private func kill(_ terminal: Terminal) throws {
        do {
            _ = try connection.call(
                ActionKill.self,
                .init(session: session.session, action: terminal.action)
            )
        } catch ClientError.refused(let error) where error.data.name == ErrorCode.conflict.name {
            // It has ended by itself.
        }
    }

    private static func status(_ exit: ActionExit) -> JSONValue {
        switch exit {
        case .exited(let code): ["exitCode": .integer(code)]
        case .signaled(let signal): ["signal": .text("\(signal)")]
        default: ["exitCode": .integer(exit.shellStatus ?? 1)]
        }
    }

    // MARK: Messages

    private func text(_ params: JSONValue, _ key: String) throws -> String {
        guard let text = params[key]?.text else { throw Refusal(code: -32602, message: "'\(key)' is missing") }
        return text
    }

    private static func reply(_ id: JSONValue, _ result: JSONValue) -> JSONValue {
        ["jsonrpc": "2.0", "id": id, "result": result]
    }

    private static func failure(_ id: JSONValue, _ error: WireError) -> JSONValue {
        let isMissing = error.data.reason == "ENOENT"
        return failure(id, code: isMissing ? -32002 : -32603, error.message)
    }

    private static func failure(_ id: JSONValue, code: Int, _ message: String) -> JSONValue {
        ["jsonrpc": "2.0", "id": id, "error": ["code": .integer(code), "message": .text(message)]]
    }
}
