import Client
import CommandLineKit
import Wire

struct SkillGateOptions: SharingOptions {
    var shared = SharedOptions()
    var trial = TrialOptions()
    var skill = ""
    var tasks: [String] = []
    var attempts = 2
    var alpha = 0.05
    var gain = 0.07
    var seed = 1
    var with: String?
    var without: String?
    var dryRun = false
}

extension Command {
    static let skillGate = Command(
        "gate",
        "Lets a version prove itself: agents get it if it passes.",
        details: """
            Twelve stages, in order, until one says no: lint, shape, evidence, leak, static audit, behaviour, router, source \
            replay, held-out tasks, transfer, canary, active. Each decision is recorded with its reason and figures; \
            'skill show' and 'skill log' have them.

            The agent runs the tasks with the version and without it, --attempts times each, in a job of its own. Tasks that \
            the version was learnt from are left out. What decides is a sign-flip test, with an error that the library has \
            once for its whole life: every test spends a share of it, whatever comes of it. Where there are too few tasks the \
            version becomes a canary, which a fifth of administrators' trials with '--skill auto' are given.

            The same command goes on with a test that was cut off: it spends nothing more, and what has ended is not run again.

            An agent outside is compared by two jobs that were run already: --with and --without.

            The exit status is 0 when agents are given the version, 4 when a stage refused it, 5 when it waits. Only root, \
            the daemon's own user and administrators may.
            """,
        values: SkillGateOptions(),
        parameters: [
            SkillGateOptions.skillArgument,
            .repeated(
                "--tasks",
                "-t",
                value: "DIR",
                to: \.tasks,
                "A task, or a directory that holds tasks; may be given again."
            ),
            .option("--agent", "-a", value: "AGENT", to: \.trial.agent, "Who works on the tasks."),
            .option("--replay", value: "FILE", to: \.trial.replay, "The actions of the agent 'replay'."),
            .option("--attempts", "-k", value: "K", to: \.attempts, default: "2", "Runs of each task on either side."),
            .option(
                "--alpha",
                value: "A",
                to: \.alpha,
                default: "0.05",
                "The error budget of the library's whole life."
            ),
            .option(
                "--gain",
                value: "G",
                to: \.gain,
                default: "0.07",
                "The gain that the test is to find, as a share."
            ),
            .option("--seed", value: "N", to: \.seed, default: "1", "The order of the runs follows from it."),
            .option("--image", "-i", value: "IMAGE", to: \.trial.image, "The image; default is the task's."),
            .flag(
                "--allow-unenforced",
                to: \.trial.allowUnenforced,
                "Accept limits that this host cannot enforce; the results say which."
            ),
            .option("--with", value: "JOB", to: \.with, "A job whose trials had the version."),
            .option("--without", value: "JOB", to: \.without, "The same job without it."),
            .flag("--dry-run", "-n", to: \.dryRun, "Run nothing and record nothing; say what can be said."),
        ] + SkillGateOptions.sharedParameters,
        examples: [
            .init("executorctl skill gate csv-clean@2 --dry-run", "What would stop it?"),
            .init("executorctl skill gate csv-clean@2 -t heldout --agent follower -k 4", "Four runs on either side"),
            .init(
                "executorctl skill gate csv-clean@2 --with night-2 --without night-1",
                "An agent of yours, run before"
            ),
        ]
    ) { options in
        let agent = try options.agentSpec()
        let connection = try options.shared.access.connectOrStart().connection
        let params = try options.params(agent, connection)
        let pending = try connection.begin(SkillGate.self, params)
        while true {
            for news in try connection.received(SkillGateProgress.self) where !options.shared.json {
                Terminal.output.print(GateLines.progress(news))
            }
            if let result = try connection.answer(to: pending) {
                if options.shared.json {
                    try options.shared.printJSON(result)
                } else {
                    Terminal.output.print([GateLines.end(result, isDryRun: options.dryRun)])
                }
                return options.status(of: result)
            }
            try connection.receive()
        }
    }
}

extension SkillGateOptions {
    fileprivate static var skillArgument: Parameter<SkillGateOptions> {
        .argument("SKILL", to: \.skill, "NAME@VERSION, or NAME for the version that is served, else its newest.")
    }

    /// nil where nobody is to run anything.
    fileprivate func agentSpec() throws -> AgentSpec? {
        guard trial.agent != .command, trial.agent != .acp else {
            throw UsageError("an agent outside is compared by two jobs: --with JOB --without JOB")
        }
        guard attempts > 0 else { throw UsageError("--attempts must be above 0") }
        return trial.agent == nil && trial.replay == nil ? nil : try trial.agentSpec()
    }

    fileprivate func params(_ agent: AgentSpec?, _ connection: Connection) throws -> SkillGate.Params {
        let uploader = TaskUploader(connection: connection)
        var uploaded: [JobTask] = []
        var variables: Set<String> = []
        for directory in tasks.isEmpty ? [] : try TaskLocator.find(tasks) {
            let (task, path) = (try uploader.upload(directory), FileNames.canonical(directory) ?? directory)
            try ImageBuilder(connection: connection, showsProgress: !shared.json)
                .buildIfMissing(task, path: path, image: trial.image, allowUnenforced: trial.allowUnenforced)
            uploaded.append(JobTask(digest: task.digest, name: task.name, path: path))
            variables.formUnion(task.templateVariables)
        }
        return SkillGate.Params(
            reference: skill,
            tasks: uploaded,
            agent: agent,
            attempts: attempts,
            alpha: alpha,
            gain: gain,
            seed: seed,
            options: JobPlan.Options(image: trial.image, allowUnenforced: trial.allowUnenforced),
            templates: TaskUploader.templates(variables.sorted()),
            with: with,
            without: without,
            dryRun: dryRun
        )
    }

    fileprivate func status(of result: SkillGate.Result) -> CInt {
        if result.steps.contains(where: { $0.outcome == "failed" }) { return ExitStatus.failed }
        return result.passed || dryRun ? ExitStatus.done : ExitStatus.unverifiable
    }
}
