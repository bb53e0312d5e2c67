import Client
import CommandLineKit
import FoundationEssentials
import Tasks
import Wire

struct DistillOptions: SharingOptions {
    var shared = SharedOptions()
    var plugin = "mine"
    var from: [String] = []
    var family: String?
    var dryRun = false
    var program: String?
    var timeout: Double?
    var replays: Int?
}

extension Command {
    static let distill = Command(
        "distill",
        "Makes skills of verified trials.",
        details: """
            Distillers: 'mine' finds what passing runs have in common, without a model; 'raw' keeps compacted runs, the control \
            that every other one must beat; 'curate' retires and narrows what does not help; 'exec' is --program, which \
            speaks distill/1 and runs in a sandbox of its own without a network; others are named in the daemon's settings. \
            They see what agents saw and did, \
            and the verdict: never tests, solutions, trials of the oracle, or tasks whose split is not 'learning'. \
            What they propose is checked and filed as new versions, given to nobody until it has proved itself or is promoted. \
            Only root, the daemon's own user and administrators may.
            """,
        values: DistillOptions(),
        parameters: [
            .option("--plugin", "-p", value: "NAME", to: \.plugin, default: "mine", "The distiller."),
            .repeated("--from", value: "JOB|TRIAL", to: \.from, "Only these trials; may be given again."),
            .option("--family", value: "FAMILY", to: \.family, "Only tasks of this family."),
            .option(
                "--program",
                value: "FILE|DIR",
                to: \.program,
                "Of 'exec': a program, or a directory with a 'distill'."
            ),
            .option("--timeout", value: "SECONDS", to: \.timeout, "What a program may take for each family."),
            .option(
                "--replays",
                value: "N",
                to: \.replays,
                "Of 'mine': how often it may have runs repeated, for each family, to see what was needed; usually 64."
            ),
            .flag("--dry-run", "-n", to: \.dryRun, "Show what would be proposed; change nothing."),
        ] + DistillOptions.sharedParameters,
        examples: [
            .init("executorctl distill --dry-run", "What could be learnt from all there is?"),
            .init("executorctl distill --from nightly --family csv-dialect-repair", "File a skill made of one job"),
            .init(
                "executorctl distill --plugin exec --program examples/distiller.py",
                "Let a program of yours propose"
            ),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try DistillCall(connection: connection, showsProgress: !options.shared.json).run(options)
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(DistillLines.lines(result, isDryRun: options.dryRun))
        }
        return result.proposals.contains { $0.refused != nil } ? ExitStatus.operationFailed : ExitStatus.done
    }
}

/// Asks for a distillation, with the program that it is to be done by, and shows meanwhile how far that is.
private struct DistillCall {
    let connection: Connection
    let showsProgress: Bool

    func run(_ options: DistillOptions) throws -> SkillDistill.Result {
        var params = SkillDistill.Params(
            plugin: options.plugin,
            from: options.from,
            family: options.family,
            dryRun: options.dryRun,
            timeoutSeconds: options.timeout,
            replays: options.replays
        )
        guard let path = options.program else { return try finish(try connection.begin(SkillDistill.self, params)) }
        guard options.plugin == "exec" else { throw UsageError("--program is for '--plugin exec'") }
        let program = try DistillerFolder(path)
        defer { withExtendedLifetime(program) {} }
        params.command = program.command
        return try TreeStream(connection: connection).send(
            SkillDistill.self,
            params,
            from: program.directory,
            waiting: finish
        ) { descriptor throws(ArchiveError) in
            try TreeArchive.pack(program.directory, to: descriptor)
        }
    }

    private func finish(_ pending: Connection.Pending<SkillDistill>) throws -> SkillDistill.Result {
        while true {
            let result = try connection.finishIfAnswered(pending)
            for news in try connection.received(SkillDistillProgress.self) where showsProgress {
                let share = news.total.map { " (\(Figures.reward(news.done ?? 0)) of \(Figures.reward($0)))" } ?? ""
                Terminal.error.print([Line("\(news.plugin): \(news.text)\(share)", .dim)])
            }
            if let result { return result }
        }
    }
}

/// A distiller's program as a directory that can be sent.
private final class DistillerFolder {
    let directory: String
    let command: [String]
    /// Of a single file: the directory that it is copied to.
    private let copy: TemporaryTree?

    init(_ path: String) throws {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw OperationError(cause: "\(path): no such file or directory", remedy: "--program FILE or DIR")
        }
        let name = isDirectory ? "distill" : path.split(separator: "/").last.map(String.init) ?? path
        let file = isDirectory ? "\(path)/\(name)" : path
        guard FileManager.default.isExecutableFile(atPath: file) else {
            throw OperationError(
                cause: "\(file) is not an executable program",
                remedy: "begin it with '#!' and chmod +x it"
            )
        }
        command = ["./\(name)"]
        guard !isDirectory else {
            (directory, copy) = (path, nil)
            return
        }
        let tree = try TemporaryTree()
        try FileManager.default.copyItem(atPath: FileNames.canonical(path) ?? path, toPath: "\(tree.path)/\(name)")
        (directory, copy) = (tree.path, tree)
    }
}
