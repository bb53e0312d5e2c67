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

    /// The shortest runs of lines that bash itself finds complete, each ended by NUL.
    private static let splitter = #"""
        chunk=
        while IFS= read -r line || [ -n "$line" ]; do
            chunk+="$line"$'\n'
            case "$line" in *\\) continue ;; esac
            if [ -z "$(bash -n 2>&1 <<<"$chunk")" ]; then printf '%s\0' "$chunk"; chunk=; fi
        done </solution/solve.sh
        [ -z "$chunk" ] || printf '%s\0' "$chunk"
        """#

    func run(_ session: TrialSession) async throws {
        let commands = try await split(session)
        _ = try await quietly(["/bin/sh", "-c", "mkdir $0 && mkfifo $0/request $0/status", Self.place], session)
        var shell = quiet(["/bin/bash", "-c", Self.shell, Self.place], session)
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
            isOver = try await quietly(["/usr/bin/test", "-e", Self.place + "/over"], session).end == .exited(code: 0)
        }
        if !isOver {
            _ = try await quietly(["/bin/sh", "-c", "printf 'trap - EXIT; exit' >$0/request", Self.place], session)
        }
        _ = try await quietly(["/bin/rm", "-rf", Self.place], session)
    }

    private func split(_ session: TrialSession) async throws -> [String] {
        let result = try await quietly(["/bin/bash", "-c", Self.splitter], session)
        guard result.end == .exited(code: 0), result.stdout.omitted == 0 else {
            throw WireError(
                .taskInvalid,
                "solution/solve.sh could not be split into commands",
                remedy: "run without --steps"
            )
        }
        let chunks = result.stdout.head.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return chunks.filter { chunk in
            chunk.split(separator: "\n").contains { line in
                let text = line.drop { $0 == " " || $0 == "\t" }
                return !text.isEmpty && !text.hasPrefix("#")
            }
        }
    }

    /// What serves the stepping itself is not an action of the agent's, and not recorded.
    private func quietly(_ argv: [String], _ session: TrialSession) async throws(SandboxError) -> ActionResult {
        try await session.sandbox.run(quiet(argv, session))
    }

    private func quiet(_ argv: [String], _ session: TrialSession) -> SandboxAction {
        let environment = session.settings.baseEnvironment.merging(OracleAgent.environment(session)) { _, own in own }
        return SandboxAction(
            argv: argv,
            environment: environment,
            workingDirectory: session.settings.workingDirectory,
            user: session.settings.agentUser,
            profile: session.profiles.forTask(user: session.settings.agentUser),
            timeout: nil,
            resourceLimits: session.settings.resourceLimits,
            output: .captured(head: 4 << 20, tail: 0)
        )
    }
}
