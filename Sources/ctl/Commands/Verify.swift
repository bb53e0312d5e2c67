import Client
import CommandLineKit
import Tasks
import Wire

struct VerifyOptions: SharingOptions {
    var shared = SharedOptions()
    var trial = ""
    var repeats = 1
}

extension Command {
    static let verify = Command(
        "verify",
        "Runs a trial's verifier again on the layer that the agent left.",
        details: """
            Says whether all runs agree with the stored verdict; a verifier that disagrees with itself is \
            nondeterministic, and the trial counts as unverifiable (exit status 5).
            """,
        values: VerifyOptions(),
        parameters: [
            .argument("TRIAL", to: \.trial, "The trial's name, or a beginning or end of it that fits no other."),
            .option("--repeat", "-n", value: "N", to: \.repeats, default: "1", "How many runs."),
        ] + VerifyOptions.sharedParameters,
        examples: [.init("executorctl verify hello-world__3fK --repeat 5", "Look for a flaky verifier")]
    ) { options in
        guard options.repeats > 0 else { throw UsageError("--repeat must be above 0") }
        let connection = try options.shared.access.connectOrStart().connection
        let detail = try connection.call(TrialGet.self, .init(trial: options.trial))
        // The daemon keeps no values of templates; a task that is not there any more has none to ask for.
        let task = try? LoadedTask.load(directory: detail.configuration.taskPath)
        let names = task?.definition.templateVariables ?? []
        let result = try connection.call(
            TrialVerify.self,
            .init(
                trial: detail.summary.trial,
                repeats: options.repeats,
                templates: TaskUploader.templates(names)
            )
        )
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.write(VerificationText.table(result).render(for: .output))
            Terminal.output.print(VerificationText.conclusion(result))
        }
        return VerificationText.status(result)
    }
}

/// What repeated verification found.
enum VerificationText {
    static func table(_ result: TrialVerify.Result) -> Table {
        var table = Table([.init("RUN"), .init("VERDICT"), .init("REWARD", .right), .init("TESTS", .right)])
        let named = [("stored", result.original)] + result.runs.enumerated().map { ("\($0.offset + 1)", $0.element) }
        for (name, verdict) in named {
            let passed = verdict.tests.count { $0.status == .passed }
            table.append([
                .init(name), .init(verdict.outcome.rawValue, VerdictLines.style(verdict.outcome)),
                .init(Figures.reward(verdict.reward)),
                .init(verdict.tests.isEmpty ? "-" : "\(passed)/\(verdict.tests.count)"),
            ])
        }
        return table
    }

    static func conclusion(_ result: TrialVerify.Result) -> [Line] {
        guard !result.deterministic else {
            return [Line("deterministic", .green) + Line(": all runs agree with the stored verdict")]
        }
        return [Line("nondeterministic", .red) + Line(": the runs disagree")]
            + result.disagreements.map { Line("  " + $0) }
    }

    static func status(_ result: TrialVerify.Result) -> CInt {
        result.deterministic ? ExitStatus.of(result.original.outcome) : ExitStatus.unverifiable
    }
}
