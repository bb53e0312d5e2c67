import Client
import CommandLineKit
import Wire

extension Command {
    static let cancel = Command(
        "cancel",
        "Stops a trial; its processes are killed.",
        values: TrialChoice(),
        parameters: [TrialChoice.parameter] + TrialChoice.sharedParameters,
        examples: [.init("executorctl cancel hello-world__3fK", "Stop it")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let summary = try connection.call(TrialCancel.self, .init(trial: options.trial))
        if options.shared.json {
            try options.shared.printJSON(summary)
        } else {
            Terminal.output.print([Line("\(summary.trial): \(summary.phase.rawValue)")])
        }
        return ExitStatus.done
    }
}
