import Client
import CommandLineKit
import Glibc
import Linux
import Tasks
import Wire

extension Command {
    static let exec = Command(
        "exec",
        "Runs one command in a fresh sandbox.",
        details: """
            The command sees a read-only image, a writable layer of its own that is thrown away, and no network and \
            no environment but what is named here. With --work it works on a copy-on-write view of a directory, \
            which itself stays as it is unless --apply is given.

            The exit status is the command's; 124: a limit in time or output was reached, 125: executorctl failed, \
            126: the command is not executable, 127: it was not found.
            """,
        values: ExecOptions(),
        parameters: [
            .option("--image", "-i", value: "IMAGE", to: \.image, "The image: host (default) or dir:PATH."),
            .option("--work", "-w", value: "DIR", to: \.work, "Work on a copy-on-write view of this directory."),
            .repeated("--ro", value: "HOST:INSIDE", to: \.readOnly, "Show a path of the host inside, read-only."),
            .repeated(
                "--env",
                "-e",
                value: "NAME[=VALUE]",
                to: \.environment,
                "Set a variable, or pass on the caller's."
            ),
            .option("--limits", "-l", value: "LIMITS", to: \.limits, LimitsArgument.help),
            .option("--profile", value: "PROFILE", to: \.profile, default: "default", "How much the command may do."),
            .flag("--text", to: \.asText, "Show control characters and cut endless lines in files and pipes, too."),
            .flag("--diff", to: \.diff, "Show what the command changed in --work."),
            .flag("--apply", to: \.apply, "When the command succeeded, bring its changes into --work."),
            .flag("--allow-unenforced", to: \.allowUnenforced, "Accept limits that this host cannot enforce."),
            .option("--network", value: "NETWORK", to: \.network, "What the command may reach; default no-network."),
            .repeated(
                "--allow-host",
                value: "HOST",
                to: \.allowedHosts,
                "Let the command reach this name, *.suffix, address or range through a proxy: --network allowlist."
            ),
            ExecOptions.socketParameter,
            .remainder("COMMAND", to: \.command, "The program and its arguments."),
        ],
        examples: [
            .init("executorctl exec -- sh -c 'id; ls /'", "Look around"),
            .init("executorctl exec --work . --diff -- ./configure", "See what a script would change here"),
            .init("executorctl exec --work . --apply -- make format", "Keep the changes if it succeeds"),
            .init("executorctl exec --limits memory=512M,time=60s -- python3 job.py", "With limits"),
            .init("executorctl exec --ro /srv/data:/data -- wc -l /data/list", "With some of the host's files"),
        ],
        usageStatus: ExecStatus.ownFailure
    ) { options in
        do {
            return try ExecVerb(options: options, params: try options.params()).run()
        } catch let error as UsageError {
            throw error
        } catch {
            Terminal.error.write("executorctl: \(Escaping.visible("\(error)"))\n")
            return ExecStatus.ownFailure
        }
    }
}

/// One command in one sandbox.
private struct ExecVerb {
    let options: ExecOptions
    let params: SandboxExec.Params

    /// What came of the command.
    private struct Outcome {
        var result: SandboxExec.Result
        /// Its output is not whole.
        var isCut: Bool
    }

    func run() throws -> CInt {
        // A reader of ours that goes away must not kill us before the changes are dealt with.
        signal(SIGPIPE, SIG_IGN)
        let connection = try options.shared.access.connectPrivately().connection
        guard params.changes, let work = params.work else { return report(try perform(connection, spool: nil)) }
        let temporary = try TemporaryTree()
        let spool = try temporary.makeSpool()
        let outcome = try perform(connection, spool: spool.raw)
        let status = report(outcome)
        guard status == 0 || options.diff else {
            Terminal.error.write("executorctl: nothing is applied: the command ended with status \(status)\n")
            return status
        }
        let changes = try unpack(spool, below: temporary, work, outcome.result.changed)
        if options.diff {
            try TreeDiff(changes: changes, terminal: .output).show()
        } else {
            let count = try changes.differences().count
            try changes.apply()
            Terminal.error.write("executorctl: \(Figures.count(count, "change")) applied to \(work)\n")
        }
        return status
    }

    /// The changed tree, unpacked; a command that only deleted, or did nothing, sent an empty one.
    private func unpack(
        _ spool: borrowing OwnedDescriptor,
        below temporary: TemporaryTree,
        _ work: String,
        _ changed: [ChangedPath]
    ) throws -> TreeChanges {
        let tree = temporary.path + "/tree"
        try syscall("mkdir") { mkdir(tree, 0o700) }
        let changes = TreeChanges(tree: tree, work: work, changed: changed)
        guard changed.contains(where: { $0.kind != .deleted && !$0.path.hasPrefix("/") }) else { return changes }
        try syscall("lseek") { lseek(spool.raw, 0, SEEK_SET) }
        // What is done with the tree follows no link, so links may point wherever the command wanted.
        try TreeArchive.unpack(
            from: spool.raw,
            to: tree,
            limits: ArchiveLimits(entries: 1_000_000, depth: 256, escapingLinks: true)
        )
        return changes
    }

    /// Starts the command and carries its streams until it has ended.
    private func perform(_ connection: Connection, spool: CInt?) throws -> Outcome {
        var input = try Pipe()
        var output = try Pipe()
        var error = try Pipe()
        var changes = try Pipe()
        guard let inputInside = input.readEnd.take(), let inlet = input.writeEnd.take(),
            let outputInside = output.writeEnd.take(), let outputHere = output.readEnd.take(),
            let errorInside = error.writeEnd.take(), let errorHere = error.readEnd.take(),
            let changesInside = changes.writeEnd.take()
        else { throw OperationError(cause: "a pipe without ends") }
        var inside = [inputInside.raw, outputInside.raw, errorInside.raw]
        if spool != nil { inside.append(changesInside.raw) }
        let pending = try connection.begin(SandboxExec.self, params, descriptors: inside)
        _ = consume inputInside
        _ = consume outputInside
        _ = consume errorInside
        _ = consume changesInside
        let relay = StdioRelay(
            input: STDIN_FILENO,
            inlet: inlet,
            output: outputHere,
            error: errorHere,
            changes: spool == nil ? nil : changes.readEnd.take(),
            spool: spool,
            limit: options.limits.outputBytes,
            asText: options.asText
        )
        let result = try relay.run(answerOn: connection.descriptor) { () throws(ClientError) in
            try connection.finishIfAnswered(pending)
        }
        return Outcome(result: result, isCut: relay.isCut)
    }

    private func report(_ outcome: Outcome) -> CInt {
        let result = outcome.result
        if outcome.isCut {
            Terminal.error.write(
                "executorctl: the output was cut at \(Figures.bytes(options.limits.outputBytes)): "
                    + "--limits output=SIZE allows more\n"
            )
            return ExecStatus.limitReached
        }
        for line in NetworkLines.lines((result.network ?? []).filter { $0.decision == .refused }) {
            Terminal.error.print([line])
        }
        if let sentence = ExecStatus.sentence(result.exit) {
            Terminal.error.write("executorctl: \(Escaping.singleLine(sentence))\n")
        }
        let status = ExecStatus.of(result.exit)
        if status != 0 { explain(result) }
        return status
    }

    /// What of the sandbox's may have made the command fail.
    private func explain(_ result: SandboxExec.Result) {
        if let limits = result.cost.limits {
            Terminal.error.write("executorctl: limit met: " + limits.map(ExitText.limit).joined(separator: ", ") + "\n")
        }
        if let denied = result.evidence?.denied {
            Terminal.error.write("executorctl: refused: " + EvidenceLines.calls(denied) + "\n")
        }
    }
}
