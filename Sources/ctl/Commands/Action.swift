import Client
import CommandLineKit
import Glibc
import Linux
import Wire

/// A verb that acts in the session of EXECUTORD_SESSION, or in the only one there is inside a sandbox.
struct ActionOptions: SharingOptions {
    var shared = SharedOptions()
    var session: String?
    var user: String?
    var cwd: String?
    var timeout: Double?
    var environment: [EnvironmentArgument] = []
    var readsInput = false
    var appends = false
    var recursive = false
    var path = ""
    var command: [String] = []

    /// Inside a sandbox none is named.
    var token: String? { session ?? Environment["EXECUTORD_SESSION"] }

    func connect() throws -> Connection { try shared.access.connect().connection }

    static let common: [Parameter<ActionOptions>] = [
        .option("--user", "-u", value: "USER", to: \.user, "Be this user inside; default is the agent's."),
        .option("--session", value: "TOKEN", to: \.session, "The session; default is EXECUTORD_SESSION."),
        socketParameter,
    ]
}

extension Command {
    static let action = Command(
        "action",
        "Acts in a session: what an agent's program calls.",
        details: "A program that 'executorctl run TASK -- PROGRAM' starts finds its session by itself.",
        subcommands: [.actionExec, .actionRead, .actionWrite, .actionList, .actionRemove]
    )

    private static let actionExec = Command(
        "exec",
        "Runs a command in the session's sandbox and prints what it printed.",
        details: "Exit status: the command's; 125 when it could not be asked for.",
        values: ActionOptions(),
        parameters: [
            .option("--cwd", value: "DIR", to: \.cwd, "Where it runs; default is the task's directory."),
            .option("--timeout", value: "SECONDS", to: \.timeout, "Kill it after so long."),
            .repeated("--env", "-e", value: "NAME=VALUE", to: \.environment, "Set a variable."),
            .flag("--stdin", to: \.readsInput, "Give it this command's standard input."),
        ] + ActionOptions.common + [
            .remainder("COMMAND", to: \.command, "The command; one word is given to the shell.")
        ],
        examples: [.init("executorctl action exec -- ls -l", "List the task's directory")],
        usageStatus: ExecStatus.ownFailure
    ) { options in
        let connection = try options.connect()
        let isLine = options.command.count == 1
        let input = try options.readsInput ? InputPipe(head: InputPipe.piece()) : nil
        let outcome = try connection.call(
            ActionExec.self,
            ProgramRequest(
                session: options.token,
                argv: isLine ? nil : options.command,
                shell: isLine ? options.command[0] : nil,
                cwd: options.cwd,
                environment: Dictionary(options.environment.compactMap(\.resolved)) { _, last in last },
                user: options.user,
                timeoutSeconds: options.timeout
            ),
            descriptors: input.map { [$0.raw] } ?? []
        )
        for (stream, piece, target) in [
            ("stdout", outcome.stdout, Terminal.output), ("stderr", outcome.stderr, Terminal.error),
        ] {
            var piece = piece
            piece.content.bytes.withUnsafeBufferPointer { _ = target.write($0) }
            while let next = piece.nextOffset {
                piece = try connection.call(
                    ActionOutput.self,
                    .init(session: options.token, action: outcome.action, stream: stream, offset: next)
                )
                if piece.omittedBytes > 0 {
                    Terminal.error.write("executorctl: \(piece.omittedBytes) bytes of \(stream) were not kept\n")
                }
                piece.content.bytes.withUnsafeBufferPointer { _ = target.write($0) }
            }
        }
        if let sentence = ExecStatus.sentence(outcome.exit) {
            Terminal.error.write("executorctl: \(Escaping.singleLine(sentence))\n")
        }
        return ExecStatus.of(outcome.exit)
    }

    private static let actionRead = Command(
        "read",
        "Prints a file of the session's sandbox.",
        values: ActionOptions(),
        parameters: [.argument("PATH", to: \.path, "The file; relative to the task's directory.")]
            + ActionOptions.common,
        examples: [.init("executorctl action read greeting.txt", "Print a file")]
    ) { options in
        let connection = try options.connect()
        var offset: Int? = 0
        while let start = offset {
            let piece = try connection.call(
                ActionRead.self,
                .init(session: options.token, path: options.path, offset: start, user: options.user)
            )
            (piece.content?.bytes ?? []).withUnsafeBufferPointer { _ = Terminal.output.write($0) }
            offset = piece.nextOffset
        }
        return ExitStatus.done
    }

    /// More than this goes through a pipe, and cannot be replayed from the record.
    private static let inlineBytes = 64 << 10

    private static let actionWrite = Command(
        "write",
        "Writes its standard input into a file of the session's sandbox.",
        values: ActionOptions(),
        parameters: [
            .argument("PATH", to: \.path, "The file; directories above it are made."),
            .flag("--append", "-a", to: \.appends, "Add to what is there."),
        ] + ActionOptions.common,
        examples: [.init("executorctl action write greeting.txt", "Write a file, for example behind a pipe")]
    ) { options in
        let head = InputPipe.head(inlineBytes)
        let isAll = head.count < inlineBytes
        let input = try isAll ? nil : InputPipe(head: head)
        _ = try options.connect().call(
            ActionWrite.self,
            .init(
                session: options.token,
                path: options.path,
                content: isAll ? ByteContent(head) : nil,
                append: options.appends ? true : nil,
                user: options.user
            ),
            descriptors: input.map { [$0.raw] } ?? []
        )
        return ExitStatus.done
    }

    private static let actionList = Command(
        "list",
        "Lists a directory of the session's sandbox.",
        values: ActionOptions(),
        parameters: [.argument("PATH", to: \.path, "The directory.")] + ActionOptions.common + [
            .flag("--json", to: \.shared.json, "Print JSON for programs.")
        ],
        examples: [.init("executorctl action list .", "List the task's directory")]
    ) { options in
        let result = try options.connect().call(
            ActionList.self,
            .init(session: options.token, path: options.path, user: options.user)
        )
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(
                result.entries.map { entry in
                    Line(entry.kind == .directory ? entry.name + "/" : entry.name)
                        + Line(entry.target.map { " -> \($0)" } ?? "", .dim)
                }
            )
        }
        return ExitStatus.done
    }

    private static let actionRemove = Command(
        "remove",
        "Removes a file or a directory of the session's sandbox.",
        values: ActionOptions(),
        parameters: [
            .argument("PATH", to: \.path, "What goes."),
            .flag("--recursive", "-r", to: \.recursive, "A directory with all in it."),
        ] + ActionOptions.common,
        examples: [.init("executorctl action remove -r build", "Remove a directory")]
    ) { options in
        _ = try options.connect().call(
            ActionRemove.self,
            .init(
                session: options.token,
                path: options.path,
                recursive: options.recursive ? true : nil,
                user: options.user
            )
        )
        return ExitStatus.done
    }
}
