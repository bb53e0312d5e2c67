import Client
import CommandLineKit
import Wire

struct JobResumeOptions: SharingOptions {
    var shared = SharedOptions()
    var job = ""
    var isDetached = false
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
        ] + JobResumeOptions.sharedParameters,
        examples: [.init("executorctl job resume nightly", "Go on, and look on")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let variables = try connection.call(JobGet.self, .init(job: options.job)).plan.templateVariables
        let result = try connection.call(
            JobResume.self,
            .init(job: options.job, templates: TaskUploader.templates(variables))
        )
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
}
