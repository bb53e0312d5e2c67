import Glibc
import Linux
import Tasks
import Wire

/// Whatever chooses the actions of a trial.
protocol Agent: Sendable {
    /// Acts until it is done; cancelled when its time is up.
    func run(_ session: TrialSession) async throws
}

/// Does nothing: a task whose verifier passes then is broken.
struct NopAgent: Agent {
    func run(_ session: TrialSession) async throws {}
}

/// Issues a list of actions again, in order, whatever they give.
struct ReplayAgent: Agent {
    let actions: [ActionRequest]
    let live: LiveSession

    /// Of a task with steps, what belongs to one of them: an action that names none belongs to that of the one before
    /// it, and the first ones to the first step.
    init(actions: [ActionRequest], stage: TaskStage?, live: LiveSession) {
        self.live = live
        guard let stage else {
            self.actions = actions
            return
        }
        var step: String?
        self.actions = actions.filter { action in
            step = action.step ?? step
            return step.map { $0 == stage.name } ?? (stage.index == 0)
        }
    }

    func run(_ session: TrialSession) async throws {
        for action in actions {
            try Task.checkCancellation()
            if let file = action.file {
                try await live.replay(file, user: action.user)
            } else {
                _ = try await session.perform(action)
            }
        }
    }
}

/// One after the other.
struct AgentsInTurn: Agent {
    let agents: [any Agent]

    func run(_ session: TrialSession) async throws {
        for agent in agents { try await agent.run(session) }
    }
}

/// Runs the task's own solution as one action.
struct OracleAgent: Agent {
    /// The script, on the host.
    let script: String

    private static let place = "/solution/solve.sh"
    /// Without a `#!` it is for the shell that Harbor runs it by, where there is one.
    private static let anyShell = "command -v bash >/dev/null && exec bash -c \(place); exec \(place)"

    func run(_ session: TrialSession) async throws {
        _ = try await session.perform(
            ActionRequest(
                argv: namesInterpreter ? [Self.place] : ["/bin/sh", "-c", Self.anyShell],
                shell: Self.place,
                environment: OracleAgent.environment(session)
            )
        )
    }

    /// Whether the kernel knows what runs it: two shells fewer to start.
    private var namesInterpreter: Bool {
        let raw = open(script, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { return false }
        let file = OwnedDescriptor(adopting: raw)
        var start: [UInt8] = [0, 0]
        return read(file.raw, &start, start.count) == start.count && start == Array("#!".utf8)
    }

    /// Harbor's: apt must not ask questions.
    static func environment(_ session: TrialSession) -> [String: String] {
        ["DEBIAN_FRONTEND": "noninteractive"].merging(session.settings.solutionEnvironment) { _, own in own }
    }
}
