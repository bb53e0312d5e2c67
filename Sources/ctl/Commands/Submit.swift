import Client
import CommandLineKit
import Wire

struct SubmitOptions: TrialOptionsHolding {
    var shared = SharedOptions()
    var trial = TrialOptions()
    var wait = false
}

extension Command {
    static let submit = Command(
        "submit",
        "Queues tasks and prints their trials' names.",
        details: "What was acknowledged is kept, and goes on when this command has ended.",
        values: SubmitOptions(),
        parameters: [
            SubmitOptions.taskArgument,
            .flag("--wait", "-w", to: \.wait, "Show the trials until they have ended, as 'run' does."),
        ] + SubmitOptions.trialParameters + SubmitOptions.sharedParameters,
        examples: [
            .init("executorctl submit tasks", "Queue every task below a directory"),
            .init("executorctl submit tasks/hello-world --wait", "Queue one and wait for its verdict"),
        ]
    ) { options in
        let tasks = try TaskLocator.find(options.trial.tasks)
        guard try options.trial.outsideAgent() == nil else {
            throw UsageError("an agent that runs here needs this command to stay: use 'executorctl run'")
        }
        let agent = try options.trial.agentSpec()
        let session = try options.shared.access.connectOrStart()
        let batch = try TrialBatch(
            options.trial,
            tasks: tasks,
            agent: agent,
            connection: session.connection,
            attached: false
        )
        if options.wait { return try BatchRun(session: session, batch: batch, shared: options.shared).watch() }
        if options.shared.json {
            try options.shared.printJSON(
                SubmitReport(job: batch.job, trials: batch.accepted.map(\.trial), refused: batch.refused)
            )
        } else {
            Terminal.output.print(batch.accepted.map { Line($0.trial) })
        }
        if session.hello.mode == "embedded", !batch.accepted.isEmpty {
            let count = Figures.count(batch.accepted.count, "trial")
            Terminal.error.write(
                "executorctl: the embedded daemon (process \(session.hello.processID)) stays until "
                    + "\(count) \(batch.accepted.count == 1 ? "has" : "have") ended\n"
            )
        }
        return batch.refused.isEmpty ? ExitStatus.done : ExitStatus.operationFailed
    }
}

private struct SubmitReport: Encodable {
    var job: String?
    var trials: [String]
    var refused: [TrialBatch.Refusal]
}
