import Client
import CommandLineKit
import Wire

struct TaskStrengthOptions: SharingOptions {
    var shared = SharedOptions()
    var tasks: [String] = []
    var mutations = 12
    var seed = 1
    var timeout: Double?
    var allowUnenforced = false
}

extension Command {
    static let taskStrength = Command(
        "strength",
        "Attacks tasks' verifiers with degenerate answers, and says how many were let through.",
        details: """
            Nothing; every file that the instruction names, empty, and with the instruction in it; what the reference \
            solution wrote with one file cut to half or left out, or with one small change. Each attack is a trial, in \
            one job: look at one that passed with 'executorctl show'. A small change may be one that does not matter: \
            those that passed are listed for you to judge. The score is kept with the task's digest, goes to \
            distillers with the evidence, and is 0 when an answer passes that knows nothing of the solution.
            """,
        values: TaskStrengthOptions(),
        parameters: [
            .option("--mutations", "-k", value: "N", to: \.mutations, default: "12", "Small changes to try."),
            .option("--seed", value: "N", to: \.seed, default: "1", "Of the changes that are drawn."),
            .option("--timeout", value: "SECONDS", to: \.timeout, "Give up on a task after so long; default is never."),
            .flag(
                "--allow-unenforced",
                to: \.allowUnenforced,
                "Accept limits that this host cannot enforce; the result says which."
            ),
        ] + TaskStrengthOptions.sharedParameters + [
            .arguments("TASK", to: \.tasks, "A task directory, or one that holds some at any depth.")
        ],
        examples: [
            .init("executorctl task strength tasks/hello-world", "How easily is it deceived?"),
            .init("executorctl task strength tasks --mutations 40 --timeout 600", "Measure a whole suite"),
        ]
    ) { options in
        guard options.seed >= 0 else { throw UsageError("--seed is a number from 0 on") }
        let tasks = try TaskLocator.find(options.tasks)
        let connection = try options.shared.access.connectOrStart().connection
        var report = TaskStrengthReport()
        for directory in tasks {
            do {
                let strength = try TaskStrengthRun(connection: connection, options: options).run(directory)
                report.tasks.append(strength)
                if !options.shared.json { Terminal.output.print(StrengthLines.lines(strength)) }
            } catch ClientError.refused(let error) {
                // The other tasks have scores, whatever is wrong with this one.
                report.failed.append(.init(task: directory, error: error))
                let remedy = error.data.remedy.map { "; \($0)" } ?? ""
                Terminal.error.print([Line("executorctl: \(directory): \(error.message)\(remedy)")])
            }
        }
        if options.shared.json { try options.shared.printJSON(report) }
        return report.failed.isEmpty ? ExitStatus.done : ExitStatus.operationFailed
    }
}

/// What `task strength --json` prints.
struct TaskStrengthReport: Codable {
    struct Failure: Codable {
        var task: String
        var error: WireError
    }
    var tasks: [TaskStrength] = []
    var failed: [Failure] = []
}

/// Gives one task to the daemon and has its verifier attacked.
private struct TaskStrengthRun {
    let connection: Connection
    let options: TaskStrengthOptions

    func run(_ directory: String) throws -> TaskStrength {
        let task = try TaskUploader(connection: connection).upload(directory)
        let params = TaskAttack.Params(
            digest: task.digest,
            path: FileNames.canonical(directory) ?? directory,
            seed: UInt64(options.seed),
            mutations: options.mutations,
            timeoutSeconds: options.timeout,
            allowUnenforced: options.allowUnenforced,
            templates: TaskUploader.templates(task.templateVariables)
        )
        return try ImageBuilder(connection: connection, showsProgress: !options.shared.json)
            .building(task, allowUnenforced: options.allowUnenforced) { try connection.call(TaskAttack.self, params) }
    }
}
