import Client
import CommandLineKit
import Wire

extension StoreCollect.KeptLayers: ArgumentValue {}

struct GcOptions: SharingOptions {
    var shared = SharedOptions()
    var isDryRun = false
    var olderThan: AgeArgument?
    var keepLayers: StoreCollect.KeptLayers?
}

/// A time such as `36h` or `7d`.
struct AgeArgument: ArgumentValue, Equatable {
    var seconds: Double

    init(argument: String) throws(UsageError) {
        let units = ["s": 1.0, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let last = argument.last, let unit = units[String(last)], let number = Double(argument.dropLast()),
            number >= 0, number * unit <= 3e9
        else { throw UsageError("'\(argument)' is not an age: one such as 36h or 7d is needed") }
        seconds = number * unit
    }
}

extension Command {
    static let gc = Command(
        "gc",
        "Frees what the policy does not keep: old frozen layers, built images, and what no trial is of.",
        details: """
            By default layers of trials that passed are kept for 7 days and of others for 30; [retention] in the \
            configuration says otherwise. Without its layer a trial cannot be verified again; a built image stays as long as such layers. Records, trajectories \
            and verdicts are kept for ever, and what runs is never touched.

            Only root, the daemon's own user and administrators may.
            """,
        values: GcOptions(),
        parameters: [
            .flag("--dry-run", to: \.isDryRun, "Only show what would go, and how much that is."),
            .option("--older-than", value: "AGE", to: \.olderThan, "Instead of the policy's ages: 36h, 7d."),
            .option(
                "--keep-layers",
                value: "WHICH",
                to: \.keepLayers,
                "failed: keep those of trials that did not pass, however old; all: every one; none: not even new ones."
            ),
        ] + GcOptions.sharedParameters,
        examples: [
            .init("executorctl gc --dry-run", "What would go?"),
            .init("executorctl gc --older-than 24h --keep-layers failed", "Keep what is new and what did not pass"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(
            StoreCollect.self,
            .init(
                dryRun: options.isDryRun,
                olderThanSeconds: options.olderThan?.seconds,
                keepLayers: options.keepLayers
            )
        )
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            if options.isDryRun, !result.items.isEmpty {
                Terminal.output.write(GcTable.items(result).render(for: .output) + "\n")
            }
            Terminal.output.print(GcTable.totals(result))
        }
        return ExitStatus.done
    }
}
