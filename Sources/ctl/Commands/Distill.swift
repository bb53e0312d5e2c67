import Client
import CommandLineKit
import Wire

struct DistillOptions: SharingOptions {
    var shared = SharedOptions()
    var plugin = "mine"
    var from: [String] = []
    var family: String?
    var dryRun = false
}

extension Command {
    static let distill = Command(
        "distill",
        "Makes skills of verified trials.",
        details: """
            Distillers: 'mine' finds what passing runs have in common, without a model; 'raw' keeps compacted runs, the control \
            that every other one must beat; 'curate' retires and narrows what does not help. They see what agents saw and did, \
            and the verdict: never tests, solutions, trials of the oracle, or tasks whose split is not 'learning'. \
            What they propose is checked and filed as new versions, given to nobody until it has proved itself or is promoted. \
            Only root, the daemon's own user and administrators may.
            """,
        values: DistillOptions(),
        parameters: [
            .option("--plugin", "-p", value: "NAME", to: \.plugin, default: "mine", "The distiller."),
            .repeated("--from", value: "JOB|TRIAL", to: \.from, "Only these trials; may be given again."),
            .option("--family", value: "FAMILY", to: \.family, "Only tasks of this family."),
            .flag("--dry-run", "-n", to: \.dryRun, "Show what would be proposed; change nothing."),
        ] + DistillOptions.sharedParameters,
        examples: [
            .init("executorctl distill --dry-run", "What could be learnt from all there is?"),
            .init("executorctl distill --from nightly --family csv-dialect-repair", "File a skill made of one job"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(
            SkillDistill.self,
            .init(plugin: options.plugin, from: options.from, family: options.family, dryRun: options.dryRun)
        )
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(DistillLines.lines(result, isDryRun: options.dryRun))
        }
        return result.proposals.contains { $0.refused != nil } ? ExitStatus.operationFailed : ExitStatus.done
    }
}
