import Client
import CommandLineKit
import Wire

struct TaskCheckOptions: SharingOptions {
    var shared = SharedOptions()
    var directory = ""
    var noGate = false
    var image: String?
    var network: NetworkKind?
    var allowUnenforced = false
}

extension Command {
    static let taskCheck = Command(
        "check",
        "Validates a task, then runs it with the oracle, which must pass, and with nop, which must not.",
        values: TaskCheckOptions(),
        parameters: [
            .argument("DIR", to: \.directory, "The task directory."),
            .flag("--no-gate", to: \.noGate, "Validate only; run nothing."),
            .option("--image", "-i", value: "IMAGE", to: \.image, "The image; default is the task's."),
            .option("--network", value: "NETWORK", to: \.network, "The most that the task gets, whatever it asks for."),
            .flag(
                "--allow-unenforced",
                to: \.allowUnenforced,
                "Accept limits that this host cannot enforce; the result says which."
            ),
        ] + TaskCheckOptions.sharedParameters,
        examples: [
            .init("executorctl task check tasks/hello-world", "Is this a task that can be trusted?"),
            .init("executorctl task check tasks/hello-world --no-gate", "Only read it"),
        ]
    ) { options in
        let session = try options.shared.access.connectOrStart()
        let task = try TaskUploader(connection: session.connection).upload(options.directory)
        let params = TaskCheck.Params(
            digest: task.digest,
            path: FileNames.canonical(options.directory) ?? options.directory,
            image: options.image,
            gate: !options.noGate,
            allowUnenforced: options.allowUnenforced,
            network: options.network,
            templates: TaskUploader.templates(task.templateVariables)
        )
        var result = try session.connection.call(TaskCheck.self, params)
        if !options.noGate, result.refusals.count == 1, ImageBuilder.reasons.contains(result.refusals[0].reason) {
            _ = try ImageBuilder(connection: session.connection, showsProgress: !options.shared.json)
                .build(task, allowUnenforced: options.allowUnenforced)
            result = try session.connection.call(TaskCheck.self, params)
        }
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(TaskCheckLines.lines(result, isGated: !options.noGate))
        }
        return TaskCheckLines.isGood(result, isGated: !options.noGate) ? ExitStatus.done : ExitStatus.operationFailed
    }
}

/// What a task check found.
enum TaskCheckLines {
    static func isGood(_ result: TaskCheck.Result, isGated: Bool) -> Bool {
        result.refusals.isEmpty && (result.admitted || !isGated)
    }

    static func lines(_ result: TaskCheck.Result, isGated: Bool) -> [Line] {
        var lines = [Line(result.name, .bold) + Line("  " + result.digest, .dim)]
        lines += result.warnings.map { Line("  warning: ", .yellow) + Line($0) }
        for refusal in result.refusals {
            lines.append(Line("  refused: ", .red) + Line("\(refusal.message) (\(refusal.reason))"))
            lines.append(Line("    remedy: " + refusal.remedy))
        }
        lines += gate("oracle", result.oracle, isRight: result.oracle?.outcome == .passed, "must pass")
        lines += gate("nop", result.nop, isRight: result.nop?.outcome == .failed, "must fail")
        if let strength = result.strength {
            lines.append(Line("  verifier's strength \(Figures.decimal(strength, places: 2))"))
        }
        if isGood(result, isGated: isGated) {
            lines.append(Line(isGated ? "  admitted" : "  valid", .green))
        } else {
            lines.append(Line("  not admitted", .red))
        }
        return lines
    }

    private static func gate(_ agent: String, _ trial: TrialSummary?, isRight: Bool, _ rule: String) -> [Line] {
        guard let trial else { return [] }
        let cell = TrialTable.verdict(trial)
        let remark = isRight ? "" : "  (\(rule); see 'executorctl show \(trial.trial)')"
        return [
            Line("  " + Layout.pad(agent, to: 8)) + Line(cell.text, isRight ? .green : .red)
                + Line("  reward \(Figures.reward(trial.reward))\(remark)")
        ]
    }
}
