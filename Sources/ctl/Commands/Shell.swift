import Client
import CommandLineKit
import Glibc
import Wire

struct ShellOptions: SharingOptions {
    var shared = SharedOptions()
    var trial = ""
    var user: String?
    var program: [String] = []
}

extension Command {
    static let shell = Command(
        "shell",
        "Opens a terminal in the sandbox of a trial that is running.",
        details: """
            What is done there is recorded as an action of the trial. The terminal is the sandbox's own: resizing, \
            Ctrl-C and job control work. It ends with the shell, or with the trial.
            """,
        values: ShellOptions(),
        parameters: [
            .argument("TRIAL", to: \.trial, "The trial's name, or a beginning or end of it that fits no other."),
            .option("--user", "-u", value: "USER", to: \.user, "Be this user inside; default is the agent's."),
            ShellOptions.socketParameter,
            .trailing("PROGRAM", to: \.program, "Run this instead of a shell."),
        ],
        examples: [
            .init("executorctl shell hello-world__AbCdEfG", "Look around in a trial"),
            .init("executorctl shell AbCdEfG -- python3", "Run another program there"),
        ],
        usageStatus: 125
    ) { options in
        let connection = try options.shared.access.connect().connection
        let session = try connection.call(SessionJoin.self, .init(trial: options.trial))
        let shell = ["/bin/sh", "-c", "command -v bash >/dev/null && exec bash; exec sh"]
        return try TerminalRelay(connection: connection, session: session).run(
            options.program.isEmpty ? shell : options.program,
            user: options.user
        )
    }
}
