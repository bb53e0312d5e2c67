import Client
import CommandLineKit
import Wire

struct JobShowOptions: SharingOptions {
    var shared = SharedOptions()
    var job = ""
    var follows = false
}

extension Command {
    static let jobShow = Command(
        "show",
        "Shows a job: how far it is, its mean with interval, pass@k, and each task.",
        details: "'executorctl list --job JOB' shows its trials, with those that were tried again.",
        values: JobShowOptions(),
        parameters: [
            .argument("JOB", to: \.job, JobChoice.about),
            .flag("--follow", "-f", to: \.follows, "Look on until it has ended; the exit status is the worst trial's."),
        ] + JobShowOptions.sharedParameters,
        examples: [
            .init("executorctl job show nightly", "How far is it?"),
            .init("executorctl job show nightly --follow", "Look on, as 'job run' does"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        if options.follows {
            return try JobWatching(connection: connection, shared: options.shared).watch(options.job)
        }
        let detail = try connection.call(JobGet.self, .init(job: options.job))
        if options.shared.json {
            try options.shared.printJSON(detail)
        } else {
            JobLines.print(detail, to: .output)
        }
        return ExitStatus.done
    }
}
