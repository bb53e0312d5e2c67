import Client
import CommandLineKit
import Glibc
import Wire

struct MCPOptions: SharingOptions {
    var shared = SharedOptions()
    var image: String?
    var directory = "/work"
}

extension Command {
    static let mcp = Command(
        "mcp",
        "Serves one sandbox to an agent by the Model Context Protocol, on standard input and output.",
        details: """
            The agent gets tools to run, start, read, write and list. The sandbox is fresh and ends with the agent's \
            connection; what was done in it is recorded. Below 'executorctl run TASK -- PROGRAM' it is the trial's own.
            """,
        values: MCPOptions(),
        parameters: [
            .option("--image", "-i", value: "IMAGE", to: \.image, "The image; default is the host's programs."),
            .option("--directory", value: "DIR", to: \.directory, default: "/work", "The working directory inside."),
            MCPOptions.socketParameter,
        ],
        examples: [
            .init("executorctl mcp", "The line to put into an agent's list of MCP servers")
        ]
    ) { options in
        let daemon = try options.shared.access.connectOrStart()
        let session: SessionInfo
        if let token = Environment["EXECUTORD_SESSION"] {
            session = try daemon.connection.call(SessionJoin.self, .init(session: token))
        } else {
            let request = SandboxRequest(
                name: "mcp",
                image: options.image,
                workingDirectory: options.directory,
                agent: "mcp"
            )
            session = try daemon.connection.call(SessionOpen.self, .init(sandbox: request))
        }
        let channel = LineChannel(source: STDIN_FILENO, sink: STDOUT_FILENO)
        try MCPServer(channel: channel, tools: MCPTools(session: session, connection: daemon.connection)).serve()
        if Environment["EXECUTORD_SESSION"] == nil {
            _ = try? daemon.connection.call(SessionClose.self, .init(session: session.session))
        }
        return ExitStatus.done
    }
}
