import Client
import CommandLineKit
import Wire

struct JobListOptions: SharingOptions {
    var shared = SharedOptions()
    var limit = 20
}

extension Command {
    static let jobList = Command(
        "list",
        "Lists jobs, the newest first.",
        details: "'run' and 'submit' make no jobs of this kind; 'executorctl list' shows their trials.",
        values: JobListOptions(),
        parameters: [
            .option("--limit", "-n", value: "N", to: \.limit, default: "20", "At most so many.")
        ] + JobListOptions.sharedParameters,
        examples: [
            .init("executorctl job list", "The last 20 jobs"),
            .init("executorctl job list --limit 1 --json", "The last one, for programs"),
        ]
    ) { options in
        guard options.limit > 0 else { throw UsageError("--limit must be above 0") }
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(JobList.self, .init(limit: options.limit))
        if options.shared.json {
            try options.shared.printJSON(result)
        } else if result.jobs.isEmpty {
            Terminal.output.write("No jobs; start one with 'executorctl job run TASKS'.\n")
        } else {
            Terminal.output.write(JobTable.list(result.jobs).render(for: .output))
            let more = result.total - result.jobs.count
            if more > 0 { Terminal.output.write("and \(more) older; see --limit\n") }
        }
        return ExitStatus.done
    }
}
