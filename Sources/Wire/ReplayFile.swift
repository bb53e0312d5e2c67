/// The actions of a file for the `replay` agent: an exported trajectory (ATIF), or `{"actions": [...]}`.
package struct ReplayFile: Sendable, Hashable {
    package var actions: [ActionRequest]
    /// What of the file is not replayed, and why, a sentence each.
    package var skipped: [String]

    /// Reads a whole file; an error names the place in it.
    package init(_ bytes: [UInt8]) throws(ReplayFileError) {
        let shape: Shape
        do {
            shape = try WireJSON.decode(Shape.self, from: bytes)
        } catch let error as ReplayFileError {
            throw error
        } catch {
            throw ReplayFileError(place: "the file", cause: ReplayFileError.sentence(error))
        }
        switch shape {
        case .list(let entries):
            actions = []
            skipped = []
            for (index, entry) in entries.enumerated() { actions.append(try entry.request(at: "actions[\(index)]")) }
        case .trajectory(let steps):
            (actions, skipped) = Self.actions(of: steps)
        }
        guard !actions.isEmpty else {
            let detail = skipped.first.map { "; \($0)" } ?? ""
            throw ReplayFileError(place: "the file", cause: "holds no action that can be replayed\(detail)")
        }
    }

    private static func actions(of steps: [ATIFStep]) -> (actions: [ActionRequest], skipped: [String]) {
        var (actions, skipped): ([ActionRequest], [String]) = ([], [])
        var part: String?
        for (index, step) in steps.enumerated() {
            let place = "step \(step.id ?? index + 1)"
            let calls = step.calls ?? []
            if let name = step.part { part = name }
            if step.isCopied == true, !calls.isEmpty {
                skipped.append("\(place): repeats an earlier context")
                continue
            }
            for call in calls {
                if let tool = FileAction.Tool(rawValue: call.name), var request = call.fileAction(tool) {
                    request.step = part
                    actions.append(request)
                    continue
                }
                if FileAction.Tool(rawValue: call.name) != nil {
                    skipped.append("\(place): '\(call.name)' moved contents that are not in the file")
                    continue
                }
                guard let shell = shells[call.name.lowercased()] else {
                    skipped.append("\(place): the tool '\(call.name)' is not one that runs commands")
                    continue
                }
                guard var request = call.arguments.request(shell: shell) else {
                    skipped.append("\(place): '\(call.name)' names no command")
                    continue
                }
                request.step = part
                actions.append(request)
            }
        }
        return (actions, skipped)
    }

    /// Tools that run commands, by the names that agents give them, and the shell each means.
    private static let shells = [
        "exec": "/bin/sh", "shell": "/bin/sh", "bash": "/bin/bash", "execute_bash": "/bin/bash",
        "exec_command": "/bin/bash", "run_shell_command": "/bin/bash",
    ]
}

/// Why a replay file cannot be used.
package struct ReplayFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where in the file, for example `actions[2]`.
    package var place: String
    package var cause: String

    package var description: String { "replay: \(place): \(cause)" }
    package var remedy: String {
        #"give a trajectory.json, or {"actions": [{"shell": "make"}, {"argv": ["ls", "-l"], "cwd": "/app"}]}"#
    }

    static func sentence(_ error: any Error) -> String {
        guard case .dataCorrupted(let context) = error as? DecodingError else { return "\(error)" }
        return "is not JSON: \(context.debugDescription)"
    }
}

/// What a file's outermost object looks like.
private enum Shape: Decodable {
    case list([ReplayEntry])
    case trajectory([ATIFStep])

    enum CodingKeys: String, CodingKey { case actions, steps }

    init(from decoder: any Decoder) throws {
        guard let container = try? decoder.container(keyedBy: CodingKeys.self) else {
            throw ReplayFileError(place: "the file", cause: "is no JSON object")
        }
        if container.contains(.actions) {
            self = .list(try Self.located { try container.decode([ReplayEntry].self, forKey: .actions) })
        } else if container.contains(.steps) {
            self = .trajectory(try Self.located { try container.decode([ATIFStep].self, forKey: .steps) })
        } else {
            throw ReplayFileError(place: "the file", cause: "has neither 'actions' nor the 'steps' of a trajectory")
        }
    }

    /// Turns a decoding error into one that names the place in the file.
    private static func located<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DecodingError {
            let (context, what): (DecodingError.Context, String) =
                switch error {
                case .keyNotFound(let key, let context): (context, "lacks '\(key.stringValue)'")
                case .typeMismatch(let type, let context): (context, "is not a \(type)")
                case .valueNotFound(let type, let context): (context, "is null where a \(type) is needed")
                case .dataCorrupted(let context): (context, context.debugDescription)
                @unknown default: throw error
                }
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }.joined()
            throw ReplayFileError(place: String(path.drop { $0 == "." }), cause: what)
        }
    }
}

/// One entry of the simple file.
private struct ReplayEntry: Decodable {
    private static let known: Set = [
        "shell", "argv", "cwd", "timeoutSeconds", "background", "user", "environment", "step",
    ]

    var unknown: [String]
    var shell: String?
    var argv: [String]?
    var cwd: String?
    var timeoutSeconds: Double?
    var background: Bool
    var user: String?
    var environment: [String: String]
    var step: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        unknown = container.allKeys.map(\.stringValue).filter { !Self.known.contains($0) }.sorted()
        shell = try container.decodeIfPresent(String.self, forKey: AnyKey("shell"))
        argv = try container.decodeIfPresent([String].self, forKey: AnyKey("argv"))
        cwd = try container.decodeIfPresent(String.self, forKey: AnyKey("cwd"))
        timeoutSeconds = try container.decodeIfPresent(Double.self, forKey: AnyKey("timeoutSeconds"))
        background = try container.decodeIfPresent(Bool.self, forKey: AnyKey("background")) ?? false
        user = try container.decodeIfPresent(String.self, forKey: AnyKey("user"))
        environment = try container.decodeIfPresent([String: String].self, forKey: AnyKey("environment")) ?? [:]
        step = try container.decodeIfPresent(String.self, forKey: AnyKey("step"))
    }

    func request(at place: String) throws(ReplayFileError) -> ActionRequest {
        func refuse(_ cause: String) -> ReplayFileError { ReplayFileError(place: place, cause: cause) }
        if let key = unknown.first { throw refuse("'\(key)' is not a key of an action") }
        if let seconds = timeoutSeconds, !(seconds > 0) { throw refuse("'timeoutSeconds' must be above 0") }
        let words: [String]
        switch (shell, argv) {
        case (let command?, nil): words = ActionRequest.shellArgv(command)
        case (nil, let given?) where given.first?.isEmpty == false: words = given
        case (nil, _?): throw refuse("'argv' names no program")
        default: throw refuse("needs exactly one of 'shell' and 'argv'")
        }
        return ActionRequest(
            argv: words,
            shell: shell,
            cwd: cwd,
            environment: environment,
            user: user,
            timeoutSeconds: timeoutSeconds,
            background: background,
            step: step
        )
    }
}

/// What replay needs of a trajectory's step.
private struct ATIFStep: Decodable {
    var id: Int?
    var isCopied: Bool?
    var calls: [Call]?
    /// The step of the task that the agent is told of here, by our own exports.
    var part: String?

    enum CodingKeys: String, CodingKey {
        case id = "step_id"
        case isCopied = "is_copied_context"
        case calls = "tool_calls"
        case extra
    }

    private struct Extra: Decodable { var step: String? }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decodeIfPresent(Int.self, forKey: .id)
        isCopied = try container.decodeIfPresent(Bool.self, forKey: .isCopied)
        calls = try container.decodeIfPresent([Call].self, forKey: .calls)
        // Whatever others keep there.
        part = (try? container.decodeIfPresent(Extra.self, forKey: .extra))?.step
    }

    struct Call: Decodable {
        var name: String
        var arguments: Arguments

        enum CodingKeys: String, CodingKey {
            case name = "function_name"
            case arguments
        }

        /// A file action of ours; directory transfers hold no contents, so they are not among them.
        func fileAction(_ tool: FileAction.Tool) -> ActionRequest? {
            guard case .ours(let own) = arguments, tool != .upload, tool != .download,
                let file = own.fileAction(tool)
            else { return nil }
            return ActionRequest(argv: [], cwd: own.cwd, user: own.user, file: file)
        }
    }

    /// Ours exactly, others' as far as their keys are understood.
    enum Arguments: Decodable {
        case ours(ATIFArguments)
        case theirs(command: String?, argv: [String]?, cwd: String?)

        init(from decoder: any Decoder) throws {
            let own = try? ATIFArguments(from: decoder)
            if let own, own.command != nil || own.argv != nil || own.path != nil {
                self = .ours(own)
                return
            }
            let container = try decoder.container(keyedBy: AnyKey.self)
            func first<T: Decodable>(_ type: T.Type, _ keys: [String]) -> T? {
                for key in keys {
                    if let value = try? container.decode(type, forKey: AnyKey(key)) { return value }
                }
                return nil
            }
            let names = ["command", "cmd", "argv"]
            self = .theirs(
                command: first(String.self, names),
                argv: first([String].self, names),
                cwd: first(String.self, ["cwd", "workdir"])
            )
        }

        /// nil when there is no command in it.
        func request(shell: String) -> ActionRequest? {
            switch self {
            case .ours(let own):
                let argv = own.argv ?? own.command.map { [shell, "-c", $0] } ?? []
                guard argv.first?.isEmpty == false else { return nil }
                return ActionRequest(
                    argv: argv,
                    shell: own.command,
                    cwd: own.cwd,
                    environment: own.environment ?? [:],
                    user: own.user,
                    timeoutSeconds: own.timeoutSeconds,
                    background: own.background ?? false
                )
            case .theirs(let command, let argv, let cwd):
                if let argv, argv.first?.isEmpty == false { return ActionRequest(argv: argv, cwd: cwd) }
                guard let command else { return nil }
                return ActionRequest(argv: [shell, "-c", command], shell: command, cwd: cwd)
            }
        }
    }
}

/// A key that is not known beforehand.
private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
