import Client
import CommandLineKit
import Wire

/// The end of a `run`: a table, or JSON, and the exit status.
struct BatchReport {
    let hello: DaemonHello.Result
    let job: String?
    let shared: SharedOptions

    /// What `--json` prints.
    private struct Report: Encodable {
        var job: String?
        var stateDirectory: String
        var trials: [TrialDetail]
        var refused: [TrialBatch.Refusal]
    }

    /// The exit status: the worst of all trials.
    func show(
        _ summaries: [TrialSummary],
        _ refused: [TrialBatch.Refusal],
        connection: Connection
    ) throws -> CInt {
        if shared.json {
            let details = try summaries.map { try connection.call(TrialGet.self, .init(trial: $0.trial)) }
            try shared.printJSON(
                Report(job: job, stateDirectory: hello.stateDirectory, trials: details, refused: refused)
            )
        } else {
            printTable(summaries, refused)
        }
        let refusals = refused.map { _ in ExitStatus.operationFailed }
        return ExitStatus.worst(summaries.map { ExitStatus.of($0) } + refusals)
    }

    private func printTable(_ summaries: [TrialSummary], _ refused: [TrialBatch.Refusal]) {
        let output = Terminal.output
        output.write("\n" + TrialTable.results(summaries, refused: refused).render(for: output))
        guard let interesting = summaries.first(where: { $0.outcome != .passed }) ?? summaries.first else { return }
        output.print([
            Line(""),
            Line("Results lie in \(hello.stateDirectory)\(job.map { ", job \($0)" } ?? "")"),
            Line("Everything about it: executorctl show \(interesting.trial)"),
        ])
    }
}
