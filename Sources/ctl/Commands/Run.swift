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
        details: """
            The trials are cancelled when this command is interrupted; 'submit' lets them go on.

            A program after '--' is the agent: it runs here, as you, and acts in the sandbox through the socket and \
            token in EXECUTORD_SOCKET and EXECUTORD_SESSION; EXECUTORD_INSTRUCTION is what it is to do. With --agent \
            acp it speaks the Agent Client Protocol on its standard streams instead.
            """,
        values: RunOptions(),
        parameters: [RunOptions.taskArgument] + RunOptions.trialParameters + RunOptions.sharedParameters + [
            .trailing("PROGRAM", to: \.trial.program, "The agent's program with its arguments.")
        ],
        examples: [
            .init("executorctl run tasks/hello-world", "Run the reference solution"),
            .init("executorctl run tasks --agent nop", "See that doing nothing passes nowhere"),
            .init("executorctl run tasks/hello-world --steps", "One action per command of the solution"),
            .init("executorctl run tasks/hello-world --replay trajectory.json", "Repeat recorded actions"),
            .init("executorctl run tasks/hello-world --agent follower --skill csv-clean", "Do what a skill says"),
            .init("executorctl run tasks/hello-world -- python3 examples/agent.py", "Let a program of yours do it"),
            .init("executorctl run tasks/hello-world --agent acp -- my-agent", "Let an ACP agent do it"),
        ]
    ) { options in
        let tasks = try TaskLocator.find(options.trial.tasks)
        if let agent = try options.trial.outsideAgent() {
            return try OutsideRun(options: options.trial, agent: agent, shared: options.shared).run(tasks)
        }
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
        return try BatchReport(hello: session.hello, job: batch.job, shared: shared)
            .show(summaries, batch.refused, connection: session.connection)
    }
}
