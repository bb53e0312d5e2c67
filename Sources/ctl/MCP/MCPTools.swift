import Client
import Wire

/// The tools that act in one sandbox.
final class MCPTools {
    let connection: Connection
    private let session: SessionInfo
    private var running: [Running] = []

    /// A command, and the id of the request that waits for it.
    private struct Running {
        let id: JSONValue
        let pending: Connection.Pending<ActionWait>
        let action: Int
    }

    /// The most of an output that a model is given.
    private static let shownBytes = 64 << 10

    init(session: SessionInfo, connection: Connection) {
        self.session = session
        self.connection = connection
    }

    /// What a model should know before it begins.
    var instructions: String {
        let memory = session.limits.memoryBytes.map { "\($0 >> 20) MiB of memory, " } ?? ""
        return "One Linux sandbox. Paths are relative to \(session.workingDirectory). It has \(memory)"
            + "\(session.limits.storageBytes >> 20) MiB of disk and \(network)."
    }

    private var network: String {
        switch session.limits.network {
        case .closed: "no network"
        case .allowlist:
            "a proxy in HTTP_PROXY and HTTPS_PROXY to these hosts only: "
                + (session.limits.allowedHosts ?? []).joined(separator: ", ")
        case .open: "the Internet"
        }
    }

    /// Calls a tool; nil when the answer comes later.
    func call(_ name: String, _ arguments: JSONValue, id: JSONValue) throws -> JSONValue? {
        do {
            if name == "run" {
                let started = try start(arguments, isForeground: true)
                let wait = try connection.begin(ActionWait.self, .init(session: session.session, action: started))
                running.append(Running(id: id, pending: wait, action: started))
                return nil
            }
            return try result(name, arguments)
        } catch ClientError.refused(let error) {
            return Self.failure(error.message)
        } catch let error as MCPArgumentError {
            return Self.failure(error.description)
        }
    }

    /// Answers of commands that have ended.
    func due() throws -> [(JSONValue, JSONValue)] {
        var answers: [(JSONValue, JSONValue)] = []
        var still: [Running] = []
        for command in running {
            do {
                if let outcome = try connection.answer(to: command.pending) {
                    answers.append((command.id, Self.described(outcome)))
                } else {
                    still.append(command)
                }
            } catch ClientError.refused(let error) {
                answers.append((command.id, Self.failure(error.message)))
            }
        }
        running = still
        return answers
    }

    /// The agent wants no answer any more: the command ends.
    func cancel(_ id: JSONValue) throws {
        guard let index = running.firstIndex(where: { $0.id == id }) else { return }
        let action = running.remove(at: index).action
        _ = try? connection.call(ActionKill.self, .init(session: session.session, action: action))
    }

    private func result(_ name: String, _ arguments: JSONValue) throws -> JSONValue {
        switch name {
        case "start": return Self.success("action \(try start(arguments, isForeground: false))")
        case "output": return try output(arguments)
        case "stop":
            let action = try integer(arguments, "action")
            _ = try connection.call(ActionKill.self, .init(session: session.session, action: action))
            return Self.success("action \(action) is killed")
        case "read": return try read(arguments)
        case "write":
            let content = ByteContent(try text(arguments, "content"))
            let path = try text(arguments, "path")
            _ = try connection.call(
                ActionWrite.self,
                .init(session: session.session, path: path, content: content, append: arguments["append"]?.flag)
            )
            return Self.success("\(content.bytes.count) bytes written to \(path)")
        default:
            let path = arguments["path"]?.text ?? "."
            let entries = try connection.call(ActionList.self, .init(session: session.session, path: path)).entries
            let lines = entries.map { entry in
                let mark = entry.kind == .directory ? "/" : entry.target.map { " -> \($0)" } ?? ""
                return "\(entry.mode) \(entry.size) \(entry.name)\(mark)"
            }
            return Self.success(lines.isEmpty ? "(empty)" : lines.joined(separator: "\n"))
        }
    }

    private func start(_ arguments: JSONValue, isForeground: Bool) throws -> Int {
        let input = arguments["stdin"]?.text.map { ByteContent($0) }
        return try connection.call(
            ActionStart.self,
            ProgramRequest(
                session: session.session,
                shell: try text(arguments, "command"),
                cwd: arguments["cwd"]?.text,
                stdin: input ?? ByteContent([]),
                timeoutSeconds: arguments["timeout_seconds"]?.number,
                outputBytes: Self.shownBytes
            )
        ).action
    }

    private func output(_ arguments: JSONValue) throws -> JSONValue {
        let action = try integer(arguments, "action")
        let piece = try connection.call(
            ActionOutput.self,
            .init(
                session: session.session,
                action: action,
                stream: arguments["stream"]?.text,
                offset: arguments["offset"]?.integer
            )
        )
        let text = String(decoding: piece.content.bytes, as: UTF8.self)
        let end = piece.exit.map { "\n[ended: \(ExitText.word($0).0)]" } ?? "\n[still running]"
        var content: [String: JSONValue] = ["text": .text(text), "running": .flag(piece.exit == nil)]
        content["next_offset"] = piece.nextOffset.map { .integer($0) }
        return Self.success(text + end, .object(content))
    }

    private func read(_ arguments: JSONValue) throws -> JSONValue {
        let piece = try connection.call(
            ActionRead.self,
            .init(
                session: session.session,
                path: try text(arguments, "path"),
                offset: arguments["offset"]?.integer,
                length: arguments["length"]?.integer
            )
        )
        guard let text = piece.content?.text else {
            return Self.failure("the file is not UTF-8 text: use run, for example with 'base64' or 'xxd'")
        }
        let more = piece.nextOffset.map { "\n[\(piece.size) bytes in all: go on at offset \($0)]" } ?? ""
        return Self.success(text + more)
    }

    // MARK: Words

    private static func described(_ outcome: ActionOutcome) -> JSONValue {
        func shown(_ piece: OutputPiece) -> String {
            let text = String(decoding: piece.content.bytes, as: UTF8.self)
            return piece.omittedBytes > 0 ? text + "\n[\(piece.omittedBytes) bytes omitted]\n" : text
        }
        let (stdout, stderr) = (shown(outcome.stdout), shown(outcome.stderr))
        var text = stdout
        if !stderr.isEmpty { text += (text.isEmpty || text.hasSuffix("\n") ? "" : "\n") + "[stderr]\n" + stderr }
        if outcome.exit != .exited(code: 0) {
            text +=
                (text.isEmpty || text.hasSuffix("\n") ? "" : "\n")
                + "[\(ExitText.detail(outcome.exit) ?? ExitText.word(outcome.exit).0)]"
        }
        var content: [String: JSONValue] = ["stdout": .text(stdout), "stderr": .text(stderr)]
        content["exit_status"] = outcome.exit.shellStatus.map { .integer($0) }
        return success(text.isEmpty ? "(no output)" : text, .object(content), isError: outcome.exit != .exited(code: 0))
    }

    private static func success(_ text: String, _ content: JSONValue? = nil, isError: Bool = false) -> JSONValue {
        var result: [String: JSONValue] = [
            "content": [["type": "text", "text": .text(text)]], "isError": .flag(isError), "resultType": "complete",
        ]
        result["structuredContent"] = content
        return .object(result)
    }

    private static func failure(_ text: String) -> JSONValue { success(text, isError: true) }

    private func text(_ arguments: JSONValue, _ key: String) throws(MCPArgumentError) -> String {
        guard let text = arguments[key]?.text else { throw MCPArgumentError(key: key, what: "a text") }
        return text
    }

    private func integer(_ arguments: JSONValue, _ key: String) throws(MCPArgumentError) -> Int {
        guard let number = arguments[key]?.integer else { throw MCPArgumentError(key: key, what: "a whole number") }
        return number
    }
}

/// An argument that a model got wrong, told so that it can do better.
struct MCPArgumentError: Error, CustomStringConvertible {
    let key: String
    let what: String

    var description: String { "the argument '\(key)' must be \(what)" }
}
