import Client
import CommandLineKit
import Wire

struct RunOptions: TrialOptionsHolding {
    var shared = SharedOptions()
    var trial = TrialOptions()
}

extension Command {
    static let run = Command(
        "run",
        "Runs tasks, shows what happens, and says what the verifier said.",
        details: "The trials are cancelled when this command is interrupted; 'submit' lets them go on.",
        values: RunOptions(),
        parameters: [RunOptions.taskArgument] + RunOptions.trialParameters + RunOptions.sharedParameters,
        examples: [
            .init("executorctl run tasks/hello-world", "Run the reference solution"),
            .init("executorctl run tasks --agent nop", "See that doing nothing passes nowhere"),
            .init("executorctl run tasks/hello-world --steps", "One action per command of the solution"),
            .init("executorctl run tasks/hello-world --replay trajectory.json", "Repeat recorded actions"),
        ]
    ) { options in
        let tasks = try TaskLocator.find(options.trial.tasks)
        let agent = try options.trial.agentSpec()
        let session = try options.shared.access.connectOrStart()
        let batch = try TrialBatch(
            options.trial,
            tasks: tasks,
            agent: agent,
            connection: session.connection,
            attached: true
        )
        return try BatchRun(session: session, batch: batch, shared: options.shared).watch()
    }
}

/// Watches the trials of a batch one after the other and sums them up.
struct BatchRun {
    let session: DaemonAccess.Session
    let batch: TrialBatch
    let shared: SharedOptions

    /// What `--json` prints.
    private struct Report: Encodable {
        var job: String?
        var stateDirectory: String
        var trials: [TrialDetail]
        var refused: [TrialBatch.Refusal]
    }

    /// The exit status: the worst of all trials.
    func watch() throws -> CInt {
        var summaries: [TrialSummary] = []
        for accepted in batch.accepted {
            var view = LiveView()
            defer { view.end() }
            if !shared.json {
                view.begin(accepted.trial, task: accepted.task, agent: batch.agent.displayName)
            }
            let summary = try session.connection.watch(accepted.trial) { event in
                if !shared.json { view.show(event) }
            }
            summaries.append(summary)
        }
        if shared.json {
            let details = try summaries.map { try session.connection.call(TrialGet.self, .init(trial: $0.trial)) }
            try shared.printJSON(
                Report(
                    job: batch.job,
                    stateDirectory: session.hello.stateDirectory,
                    trials: details,
                    refused: batch.refused
                )
            )
        } else {
            printEnd(summaries)
        }
        let refusals = batch.refused.map { _ in ExitStatus.operationFailed }
        return ExitStatus.worst(summaries.map { ExitStatus.of($0) } + refusals)
    }

    private func printEnd(_ summaries: [TrialSummary]) {
        let output = Terminal.output
        output.write("\n" + TrialTable.results(summaries, refused: batch.refused).render(for: output))
        guard let interesting = summaries.first(where: { $0.outcome != .passed }) ?? summaries.first else { return }
        output.print([
            Line(""),
            Line("Results lie in \(session.hello.stateDirectory)\(batch.job.map { ", job \($0)" } ?? "")"),
            Line("Everything about it: executorctl show \(interesting.trial)"),
        ])
    }
}
