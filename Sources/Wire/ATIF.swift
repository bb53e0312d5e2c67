/// What the Agent Trajectory Interchange Format calls things, as far as its writer and its reader share them.
package enum ATIF {
    package static let version = "ATIF-v1.8"
    /// `function_name` of an action that names program and arguments.
    package static let program = "exec"
    /// `function_name` of an action that is a shell command.
    package static let shell = "shell"
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

    enum CodingKeys: String, CodingKey {
        case command, argv, cwd, background, user, environment
        case timeoutSeconds = "timeout_seconds"
    }

    package init(_ request: ActionRequest) {
        command = request.shell
        let isPlainShell = request.shell.map { request.argv == ActionRequest.shellArgv($0) } ?? false
        argv = isPlainShell ? nil : request.argv
        cwd = request.cwd
        timeoutSeconds = request.timeoutSeconds
        background = request.background ? true : nil
        user = request.user
        environment = request.environment.isEmpty ? nil : request.environment
    }
}

extension ActionRequest {
    /// How a shell command is run where nothing else is said.
    package static func shellArgv(_ command: String) -> [String] { ["/bin/sh", "-c", command] }
}
