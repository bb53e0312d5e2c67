import Client
import CommandLineKit
import Glibc

/// The program `executorctl`.
@main
struct Executorctl {
    static func main() {
        exit(program.run(Array(CommandLine.arguments.dropFirst())))
    }

    static let program = Program(root: root, status: ExitStatus.of)

    /// Every verb; the type is written out, as two of them are made from all.
    static let root: Command = Command(
        "executorctl",
        "Runs agents' work on tasks in sandboxes, verifies it and shows what happened.",
        details: """
            A daemon does the work. Verbs use the one of --socket or EXECUTORD_SOCKET, the system's, or the one of \
            your own; where none answers, an embedded one is started, which ends when it has nothing left to do. It \
            keeps its state in EXECUTORD_STATE, else in ~/.local/state/executord.

            Exit status: 0 passed or done, 1 the operation failed, 2 wrong usage, 3 no daemon, 4 failed by the \
            verifier, 5 unverifiable. 'exec' passes on the command's and uses 124 to 127 for its own failures.
            """,
        examples: [
            .init("executorctl run tasks/hello-world", "Run a task's reference solution and verify it"),
            .init("executorctl exec --work . -- make test", "Run a command in a sandbox, on a copy of this directory"),
            .init("executorctl doctor", "See what this host can enforce"),
        ],
        subcommands: [
            .run, .submit, .exec, .shell, .list, .show, .watch, .logs, .cancel, .verify, .export, .action, .mcp,
            Command(
                "job",
                "Runs an agent on many tasks, and goes on after any interruption.",
                subcommands: [.jobRun, .jobList, .jobShow, .jobResume, .jobCancel, .jobExport]
            ),
            Command("task", "Checks and makes tasks.", subcommands: [.taskCheck, .taskInit, .taskStrength]),
            Command(
                "image",
                "Looks at the images that tasks run on, takes in, builds and removes some.",
                subcommands: [
                    .imageList, .imageShow, .imageImport, .imagePull, .imageBuild, .imageBuildVerifierTools,
                    .imageRemove,
                ]
            ),
            Command(
                "skill",
                "Looks at the library of skills, takes in, gives out and decides.",
                subcommands: [
                    .skillList, .skillShow, .skillLog, .skillDiff, .skillSearch, .skillLint, .skillImport,
                    .skillExport, .skillGate, .skillPromote, .skillQuarantine, .skillRetire, .skillRollback,
                ]
            ),
            .distill, .evaluate, .doctor, .bench, .gc,
            Command("daemon", "Looks at the daemon or stops it.", subcommands: [.daemonStatus, .daemonStop]),
            .completion, .manual, .version,
        ]
    )
}
