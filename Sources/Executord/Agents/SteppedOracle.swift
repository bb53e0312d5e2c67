import Sandbox
import Wire

/// Runs the task's solution command by command, each an action of its own, all in one shell.
///
/// The shell is a background process that takes commands from a FIFO; an action hands it one, waits for its status
/// and prints what it printed. So variables, functions, options and the working directory live on between actions.
struct SteppedOracle: Agent {
    private static let place = "/tmp/.executord-steps"

    /// Reads commands until somebody removes the place; an `exit` (or `set -e`) of the solution's ends it.
    private static let shell = #"""
        place=$0
        trap 'status=$?; : >"$place/over"; echo "$status" >"$place/status"' EXIT
        BASH_ARGV0=/solution/solve.sh
        while __step=$(cat "$place/request"; echo .); do
            eval "${__step%.}" </dev/null >"$place/out" 2>"$place/err"
            echo $? >"$place/status"
        done
        """#

    private static let step = #"""
        printf %s "$2" >"$1/request"
        read -r status <"$1/status"
        cat "$1/out"; cat "$1/err" >&2
        exit "$status"
        """#

    func run(_ session: TrialSession) async throws {
        let commands = try await SolutionScript(splitBy: session.quietly).commands
        _ = try await session.quietly(["/bin/sh", "-c", "mkdir $0 && mkfifo $0/request $0/status", Self.place])
        var shell = session.quiet(["/bin/bash", "-c", Self.shell, Self.place])
        shell.background = true
        _ = try await session.sandbox.run(shell)
        var isOver = false
        for command in commands where !isOver {
            try Task.checkCancellation()
            let request = ActionRequest(
                argv: ["/bin/bash", "-c", Self.step, "step", Self.place, command],
                shell: command
            )
            _ = try await session.perform(request)
            isOver = try await session.quietly(["/usr/bin/test", "-e", Self.place + "/over"]).end == .exited(code: 0)
        }
        if !isOver {
            _ = try await session.quietly(["/bin/sh", "-c", "printf 'trap - EXIT; exit' >$0/request", Self.place])
        }
        _ = try await session.quietly(["/bin/rm", "-rf", Self.place])
    }
}

extension TrialSession {
    /// Runs what is not an action of the agent's, and not recorded.
    func quietly(_ argv: [String]) async throws(SandboxError) -> ActionResult {
        try await sandbox.run(quiet(argv))
    }

    func quiet(_ argv: [String]) -> SandboxAction {
        let environment = settings.baseEnvironment.merging(OracleAgent.environment(self)) { _, own in own }
        return SandboxAction(
            argv: argv,
            environment: environment,
            workingDirectory: settings.workingDirectory,
            user: settings.agentUser,
            profile: profiles.forTask(user: settings.agentUser),
            timeout: nil,
            resourceLimits: settings.resourceLimits,
            output: .captured(head: 4 << 20, tail: 0)
        )
    }
}
