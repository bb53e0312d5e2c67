import Client
import CommandLineKit
import Wire

struct JobResumeOptions: SharingOptions {
    var shared = SharedOptions()
    var job = ""
    var isDetached = false
    var agent: AgentChoice?
    var program: [String] = []
}

extension Command {
    static let jobCancel = Command(
        "cancel",
        "Stops a job: what runs is killed, what waits is dropped; 'job resume' goes on.",
        values: JobChoice(),
        parameters: [JobChoice.parameter] + JobChoice.sharedParameters,
        examples: [.init("executorctl job cancel nightly", "Stop it")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let summary = try connection.call(JobCancel.self, .init(job: options.job))
        if options.shared.json {
            try options.shared.printJSON(summary)
        } else {
            Terminal.output.print([Line("\(summary.job): ") + JobLines.progress(summary.progress)])
        }
        return ExitStatus.done
    }

    static let jobResume = Command(
        "resume",
        "Tries again what ended without a verdict; what has one is not repeated.",
        details: "For a job that was cancelled or whose retries are used up; one that was cut off goes on by itself, "
            + "unless its tasks name host variables, whose values are not stored.",
        values: JobResumeOptions(),
        parameters: [
            .argument("JOB", to: \.job, JobChoice.about),
            .flag("--detach", "-d", to: \.isDetached, "Do not wait."),
            .option("--agent", "-a", value: "AGENT", to: \.agent, "acp, for a PROGRAM that speaks it."),
        ] + JobResumeOptions.sharedParameters + [
            .trailing("PROGRAM", to: \.program, "The agent's program, for a job whose agent runs here.")
        ],
        examples: [
            .init("executorctl job resume nightly", "Go on, and look on"),
            .init("executorctl job resume mine -- python3 my-agent.py", "Go on with an agent that runs here"),
        ]
    ) { options in
        let session = try options.shared.access.connectOrStart()
        let connection = session.connection
        let plan = try connection.call(JobGet.self, .init(job: options.job)).plan
        let variables = plan.templateVariables
        var choice = TrialOptions()
        (choice.agent, choice.program) = (options.agent, options.program)
        let outside = try choice.outsideAgent()
        guard (outside == nil) == plan.agent.kind.isRunByDaemon else {
            throw UsageError(
                outside == nil
                    ? "the agent of this job runs here: name it with -- PROGRAM"
                    : "the agent of this job is the daemon's own: leave out -- PROGRAM"
            )
        }
        let params = JobResume.Params(job: options.job, templates: TaskUploader.templates(variables))
        if let outside {
            let summary = try Self.resumeOutside(params, connection)
            return try OutsideJob(
                job: (summary.job, summary.id),
                agent: outside,
                daemon: session,
                shared: options.shared
            )
            .run(concurrency: summary.concurrency)
        }
        let result = try connection.call(JobResume.self, params)
        if !options.isDetached, result.trials > 0 {
            return try JobWatching(connection: connection, shared: options.shared).watch(result.summary.id)
        }
        if options.shared.json {
            try options.shared.printJSON(result)
        } else if result.trials == 0 {
            Terminal.output.print([Line("\(result.summary.job): every trial has its verdict, nothing to resume")])
        } else {
            Terminal.output.print([Line("\(result.summary.job): \(Figures.count(result.trials, "trial")) queued again")]
            )
        }
        return ExitStatus.done
    }

    /// Queues again what ended without a verdict; a job of which trials wait for their agent is gone on with as it is.
    private static func resumeOutside(_ params: JobResume.Params, _ connection: Connection) throws -> JobSummary {
        do {
            return try connection.call(JobResume.self, params).summary
        } catch ClientError.refused(let error) where error.data.name == ErrorCode.conflict.name {
            return try connection.call(JobGet.self, .init(job: params.job)).summary
        }
    }
}
