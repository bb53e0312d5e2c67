import Client
import CommandLineKit
import Wire

struct ListOptions: SharingOptions {
    var shared = SharedOptions()
    var limit = 20
    var phase: TrialPhase?
    var job: String?
}

extension Command {
    static let list = Command(
        "list",
        "Lists trials, the newest first.",
        values: ListOptions(),
        parameters: [
            .option("--limit", "-n", value: "N", to: \.limit, default: "20", "At most so many."),
            .option("--phase", value: "PHASE", to: \.phase, "Only trials in this phase."),
            .option("--job", value: "JOB", to: \.job, "Only trials of this job."),
        ] + ListOptions.sharedParameters,
        examples: [
            .init("executorctl list", "The last 20 trials"),
            .init("executorctl list --phase agent --json", "What runs now, for programs"),
        ]
    ) { options in
        guard options.limit > 0 else { throw UsageError("--limit must be above 0") }
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(
            TrialList.self,
            .init(limit: options.limit, phase: options.phase, job: options.job)
        )
        if options.shared.json {
            try options.shared.printJSON(result)
        } else if result.trials.isEmpty {
            Terminal.output.write("No trials; start one with 'executorctl run TASK'.\n")
        } else {
            Terminal.output.write(TrialTable.list(result.trials).render(for: .output))
            let more = result.total - result.trials.count
            if more > 0 { Terminal.output.write("and \(more) older; see --limit\n") }
        }
        return ExitStatus.done
    }
}
