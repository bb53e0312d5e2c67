import Client
import CommandLineKit
import Wire

struct JobRunOptions: TrialOptionsHolding {
    var shared = SharedOptions()
    var trial = TrialOptions()
    var name: String?
    var attempts = 1
    var concurrency: Int?
    var retries = 0
    var isDetached = false
}

extension Command {
    static let jobRun = Command(
        "run",
        "Runs an agent on tasks, several times each, and sums up.",
        details: """
            The job is kept with all its trials before the first one starts, and goes on when this command is \
            interrupted, the daemon is killed or the host restarts; 'job show' looks at it and 'job cancel' ends it. \
            As many trials run at once as the host has processors and memory for, at most --concurrency.

            --retries tries a trial again that ended with an exception which another try may mend, such as \
            SandboxBuildFailedError; running out of time and a verifier that failed are not among them. The last try \
            counts.

            The exit status is the worst trial's.
            """,
        values: JobRunOptions(),
        parameters: [
            JobRunOptions.taskArgument,
            .option("--attempts", "-k", value: "K", to: \.attempts, default: "1", "Trials of each task."),
            .option(
                "--concurrency",
                "-n",
                value: "N",
                to: \.concurrency,
                "Trials at the same time; default is the daemon's."
            ),
            .option("--name", value: "NAME", to: \.name, "The job's name; default is made from the time."),
            .option(
                "--retries",
                "-r",
                value: "R",
                to: \.retries,
                default: "0",
                "How often a trial is tried again after an exception."
            ),
            .flag("--detach", "-d", to: \.isDetached, "Print the job's name and do not wait."),
        ] + JobRunOptions.trialParameters + JobRunOptions.sharedParameters + [
            .trailing("PROGRAM", to: \.trial.program, "The agent's program with its arguments, as for 'run'.")
        ],
        examples: [
            .init("executorctl job run tasks", "Run every reference solution below a directory"),
            .init("executorctl job run tasks --agent nop -k 3 -n 2", "Three attempts at each task, two at a time"),
            .init("executorctl job run tasks --agent teacher --seed 1 -k 8", "Demonstrations, with seeded mistakes"),
            .init("executorctl job run tasks -k 4 -- python3 my-agent.py", "A program of yours, four attempts each"),
            .init("executorctl job run tasks --name nightly --retries 2 --detach", "Start a job and leave it"),
        ]
    ) { options in
        guard options.attempts > 0 else { throw UsageError("--attempts must be above 0") }
        guard options.retries >= 0 else { throw UsageError("--retries must not be below 0") }
        if let concurrency = options.concurrency, concurrency < 1 {
            throw UsageError("--concurrency must be above 0")
        }
        let tasks = try TaskLocator.find(options.trial.tasks)
        let outside = try options.trial.outsideAgent()
        guard outside == nil || !options.isDetached else {
            throw UsageError("an agent that runs here needs this command to stay: leave out --detach")
        }
        let agent = try outside.map { AgentSpec(kind: .session, label: $0.name) } ?? options.trial.agentSpec()
        let session = try options.shared.access.connectOrStart()
        let job = try JobCreation(options: options, agent: agent).create(tasks, session.connection)
        if options.isDetached {
            if options.shared.json {
                try options.shared.printJSON(job)
            } else {
                Terminal.output.print([Line(job.job)])
                Terminal.error.print([Line("\(Figures.count(job.trials, "trial")); executorctl job show \(job.job)")])
            }
            return ExitStatus.done
        }
        guard let outside else {
            return try JobWatching(connection: session.connection, shared: options.shared).watch(job.id)
        }
        return try OutsideJob(job: (job.job, job.id), agent: outside, daemon: session, shared: options.shared)
            .run(concurrency: options.concurrency ?? 2)
    }
}

/// Uploads a job's tasks and makes the job.
private struct JobCreation {
    let options: JobRunOptions
    let agent: AgentSpec

    func create(_ directories: [String], _ connection: Connection) throws -> JobCreate.Result {
        let uploader = TaskUploader(connection: connection)
        let giver = SkillGiver(connection: connection)
        var tasks: [(uploaded: TaskUpload.Result, path: String)] = []
        var jobTasks: [JobTask] = []
        for directory in directories {
            let (task, path) = (try uploader.upload(directory), FileNames.canonical(directory) ?? directory)
            let skills = try giver.skills(options.trial.skills, for: task)
            tasks.append((task, path))
            jobTasks.append(JobTask(digest: task.digest, name: task.name, path: path, skills: skills))
        }
        let params = JobCreate.Params(
            name: options.name,
            tasks: jobTasks,
            agent: agent,
            attempts: options.attempts,
            concurrency: options.concurrency,
            retry: RetryPolicy(maximum: options.retries),
            options: JobPlan.Options(
                image: options.trial.image,
                verifierMode: options.trial.verifierMode,
                allowUnenforced: options.trial.allowUnenforced,
                network: options.trial.network,
                timeoutMultiplier: options.trial.timeoutMultiplier
            ),
            templates: TaskUploader.templates(Set(tasks.flatMap { $0.uploaded.templateVariables }).sorted())
        )
        let job = try create(params, connection) {
            // Tasks with the same environment have the same image: the first one's build is all of theirs.
            let builder = ImageBuilder(connection: connection, showsProgress: true)
            for (task, path) in tasks {
                try builder.buildIfMissing(
                    task,
                    path: path,
                    image: options.trial.image,
                    allowUnenforced: options.trial.allowUnenforced
                )
            }
        }
        for warning in job.warnings {
            Terminal.error.print([Line("warning: ", .yellow) + Line(warning)])
        }
        return job
    }

    /// Makes the job, after `build` where images must be built first.
    private func create(
        _ params: JobCreate.Params,
        _ connection: Connection,
        build: () throws -> Void
    ) throws -> JobCreate.Result {
        do {
            return try connection.call(JobCreate.self, params)
        } catch ClientError.refused(let error) where ImageBuilder.isAsked(by: error) {
            try build()
            return try connection.call(JobCreate.self, params)
        }
    }
}

/// Shows a job until nothing of it runs or waits, then what it came to.
struct JobWatching {
    let connection: Connection
    let shared: SharedOptions

    /// The exit status.
    func watch(_ job: String) throws -> CInt {
        var view = JobProgressView()
        defer { view.end() }
        let last = try connection.watchJob(job) { summary in
            if !shared.json { view.show(summary) }
        }
        view.end()
        let detail = try connection.call(JobGet.self, .init(job: last.id))
        if shared.json {
            try shared.printJSON(detail)
        } else {
            Terminal.output.write("\n")
            JobLines.print(detail, to: .output)
        }
        return ExitStatus.of(detail.summary)
    }
}
