import Client
import CommandLineKit
import Wire

extension Command {
    static let show = Command(
        "show",
        "Shows a trial: what it was asked, how it ended, and why.",
        values: TrialChoice(),
        parameters: [TrialChoice.parameter] + TrialChoice.sharedParameters,
        examples: [.init("executorctl show hello-world__3fK", "Show the trial whose name begins like this")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let detail = try connection.call(TrialGet.self, .init(trial: options.trial))
        if options.shared.json {
            try options.shared.printJSON(detail)
        } else {
            Terminal.output.print(DetailLines.lines(detail))
        }
        return ExitStatus.done
    }
}
