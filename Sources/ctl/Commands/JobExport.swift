import Client
import CommandLineKit
import Wire

struct JobExportOptions: SharingOptions {
    var shared = SharedOptions()
    var job = ""
    var directory = ""
}

extension Command {
    static let jobExport = Command(
        "export",
        "Writes a job as one of Harbor's job directories.",
        details: "Its mean is Harbor's, in which a trial without a reward counts as 0. Of a trial that was tried again "
            + "the last try is written.",
        values: JobExportOptions(),
        parameters: [
            .argument("JOB", to: \.job, JobChoice.about),
            .argument("DIR", to: \.directory, "Where the job directory is made."),
        ] + JobExportOptions.sharedParameters,
        examples: [.init("executorctl job export nightly results", "Make results/nightly, for 'harbor view results'")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let id = try connection.call(JobGet.self, .init(job: options.job)).summary.id
        let result = try ExportVerb.run(TrialExport.Params(trials: [], job: id), into: options.directory, connection)
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            let path = options.directory + "/" + result.directory
            Terminal.output.print([Line("\(path): \(Figures.count(result.trials, "trial"))")])
        }
        return ExitStatus.done
    }
}
