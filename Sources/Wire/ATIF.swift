/// What the Agent Trajectory Interchange Format calls things, as far as its writer and its reader share them.
package enum ATIF {
    package static let version = "ATIF-v1.8"
    /// `function_name` of an action that names program and arguments.
    package static let program = "exec"
    /// `function_name` of an action that is a shell command.
    package static let shell = "shell"

    /// `function_name` of an action; of a file action it is the tool's, for example `write`.
    package static func tool(of request: ActionRequest) -> String {
        request.file?.tool.rawValue ?? (request.shell == nil ? program : shell)
    }
}

/// The `arguments` of a tool call that stands for an action: a request in the manner of tool calls, without loss.
package struct ATIFArguments: Codable, Sendable, Hashable {
    package var command: String?
    package var argv: [String]?
    package var cwd: String?
    package var timeoutSeconds: Double?
    package var background: Bool?
    package var user: String?
    package var environment: [String: String]?
    package var path: String?
    package var text: String?
    package var base64: String?
    package var append: Bool?
    package var recursive: Bool?
    package var mode: String?

    enum CodingKeys: String, CodingKey {
        case command, argv, cwd, background, user, environment
        case path, text, base64, append, recursive, mode
        case timeoutSeconds = "timeout_seconds"
    }

    package init(_ request: ActionRequest) {
        command = request.shell
        let isPlainShell = request.shell.map { request.argv == ActionRequest.shellArgv($0) } ?? false
        argv = isPlainShell || request.file != nil ? nil : request.argv
        cwd = request.cwd
        timeoutSeconds = request.timeoutSeconds
        background = request.background ? true : nil
        user = request.user
        environment = request.environment.isEmpty ? nil : request.environment
        path = request.file?.path
        text = request.file?.content?.text
        base64 = text == nil ? request.file?.content?.base64 : nil
        append = request.file?.append
        recursive = request.file?.recursive
        mode = request.file?.mode
    }

    /// The file action that a call of `tool` with these arguments stands for; nil when it lacks what that needs.
    func fileAction(_ tool: FileAction.Tool) -> FileAction? {
        guard let path else { return nil }
        let content = text.map { ByteContent($0) } ?? base64.flatMap { ByteContent(base64: $0) }
        if tool == .write && content == nil { return nil }
        return FileAction(tool, path: path, content: content, append: append, recursive: recursive, mode: mode)
    }
}

extension ActionRequest {
    /// How a shell command is run where nothing else is said.
    package static func shellArgv(_ command: String) -> [String] { ["/bin/sh", "-c", command] }
}
