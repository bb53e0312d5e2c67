import Client
import CommandLineKit
import FoundationEssentials
import Glibc
import Linux
import Tasks
import Wire

struct SkillFolderOptions: SharingOptions {
    var shared = SharedOptions()
    var folder = ""
    var reason = "imported"
    var families: [String] = []
    var roles: [String] = []
}

struct SkillExportOptions: SharingOptions {
    var shared = SharedOptions()
    var directory = ""
    var skill: String?
    var git = false
}

struct SkillDiffOptions: SharingOptions {
    var shared = SharedOptions()
    var from = ""
    var to = ""
}

extension Command {
    static let skillLint = Command(
        "lint",
        "Says what is wrong with a skill's folder.",
        details: """
            The rules are those of the Agent Skills specification as both of its validators read it, and what keeps texts \
            honest: closed code blocks, links that lead somewhere, nothing that people do not see and agents read. The exit \
            status is 1 when a binding rule is broken.
            """,
        values: SkillFolderOptions(),
        parameters: [.argument("DIR", to: \.folder, "A folder with a SKILL.md.")]
            + SkillFolderOptions.sharedParameters,
        examples: [.init("executorctl skill lint ./csv-clean", "May agents load this?")]
    ) { options in
        let folder = try SkillFolder(options.folder)
        let connection = try options.shared.access.connectOrStart().connection
        let problems = try folder.send(SkillCheck.self, .init(directory: folder.name), connection).problems
        if options.shared.json {
            try options.shared.printJSON(problems)
        } else {
            Terminal.output.print(problems.flatMap(SkillTable.problem))
            if problems.isEmpty { Terminal.output.write("nothing is wrong\n") }
        }
        return problems.contains(where: \.isBinding) ? ExitStatus.operationFailed : ExitStatus.done
    }

    static let skillImport = Command(
        "import",
        "Takes a skill's folder into the library, as the next version of that skill.",
        details: """
            It is checked as by 'skill lint', and given to nobody yet: it has to prove itself, or to be promoted. Only root, \
            the daemon's own user and administrators may.
            """,
        values: SkillFolderOptions(),
        parameters: [
            .argument("DIR", to: \.folder, "A folder with a SKILL.md."),
            .option("--reason", "-m", value: "TEXT", to: \.reason, default: "imported", "Why, for the log."),
            .repeated(
                "--family",
                value: "FAMILY",
                to: \.families,
                "Only for tasks of this family; may be given again."
            ),
            .repeated("--role", value: "ROLE", to: \.roles, "Only for tasks of this role; may be given again."),
        ] + SkillFolderOptions.sharedParameters,
        examples: [.init("executorctl skill import ./csv-clean --role data-engineer", "Take one in")]
    ) { options in
        let folder = try SkillFolder(options.folder)
        let connection = try options.shared.access.connectOrStart().connection
        let params = SkillImport.Params(
            directory: folder.name,
            reason: options.reason,
            families: options.families,
            roles: options.roles
        )
        let row = try folder.send(SkillImport.self, params, connection)
        if options.shared.json {
            try options.shared.printJSON(row)
        } else {
            Terminal.output.write("\(row.text) is \(row.state)\n")
        }
        return ExitStatus.done
    }

    static let skillExport = Command(
        "export",
        "Writes skills as plain Agent Skills folders.",
        values: SkillExportOptions(),
        parameters: [
            .flag("--git", to: \.git, "A git repository named skills, with a commit for each version of SKILL, or of all."),
            .argument("DIR", to: \.directory, "Where their folders are made."),
            .argument("SKILL", to: \.skill, "NAME or NAME@VERSION; without it all that agents are given."),
        ] + SkillExportOptions.sharedParameters,
        examples: [
            .init("executorctl skill export ~/.claude/skills", "Give all that is served to an agent of your own"),
            .init("executorctl skill export --git repo csv-clean", "Read its history with git"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let params = SkillExport.Params(reference: options.skill, git: options.git)
        let folders = try SkillFolder.receive(params, into: options.directory, connection)
        if options.shared.json {
            try options.shared.printJSON(folders)
        } else {
            Terminal.output.print(folders.map { Line("\(options.directory)/\($0)") })
        }
        return ExitStatus.done
    }

    static let skillDiff = Command(
        "diff",
        "Shows what differs between two versions, or between two snapshots.",
        values: SkillDiffOptions(),
        parameters: [
            .argument("FROM", to: \.from, "NAME@VERSION, or the beginning of a snapshot's digest."),
            .argument("TO", to: \.to, "The same."),
        ] + SkillDiffOptions.sharedParameters,
        examples: [
            .init("executorctl skill diff csv-clean@2 csv-clean@3", "What was changed in its text?"),
            .init("executorctl skill diff 3f9a1c 77b012", "What did trials get that they did not get before?"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        guard options.from.contains("@"), options.to.contains("@") else {
            let result = try connection.call(SkillDiff.self, .init(from: options.from, to: options.to))
            if options.shared.json {
                try options.shared.printJSON(result)
            } else {
                Terminal.output.print(SkillTable.difference(result))
            }
            return ExitStatus.done
        }
        guard !options.shared.json else {
            throw UsageError("--json is for snapshots; versions are shown as diff(1) does")
        }
        let trees = (old: try TemporaryTree(), new: try TemporaryTree())
        let old = try SkillFolder.fetch(options.from, into: trees.old.path, connection)
        let new = try SkillFolder.fetch(options.to, into: trees.new.path, connection)
        let gone = old.files.subtracting(new.files).map { ChangedPath(path: $0, kind: .deleted) }
        let changes = TreeChanges(tree: new.folder, work: old.folder, changed: gone)
        try TreeDiff(changes: changes, terminal: .output).show()
        return ExitStatus.done
    }
}

/// A skill's folder on this side.
struct SkillFolder {
    let path: String
    let name: String

    init(_ folder: String) throws {
        guard let path = FileNames.canonical(folder) else {
            throw OperationError(cause: "\(folder): \(errorText(errno))", remedy: "name a folder with a SKILL.md")
        }
        self.path = path
        name = path.split(separator: "/").last.map(String.init) ?? path
    }

    func send<M: Method>(_ method: M.Type, _ params: M.Params, _ connection: Connection) throws -> M.Result {
        try TreeStream(connection: connection).send(method, params, from: path) { descriptor throws(ArchiveError) in
            try TreeArchive.pack(path, to: descriptor)
        }
    }

    /// One version's folder, and the names of the files in it.
    static func fetch(
        _ reference: String,
        into directory: String,
        _ connection: Connection
    ) throws -> (folder: String, files: Set<String>) {
        let folders = try receive(SkillExport.Params(reference: reference), into: directory, connection)
        let shown = try connection.call(SkillShow.self, SkillShow.Params(reference: reference))
        return (directory + "/" + (folders.first ?? ""), Set(shown.files))
    }

    /// Unpacks folders beside their places, so that what is there is whole or not there; returns their names.
    static func receive(
        _ params: SkillExport.Params,
        into directory: String,
        _ connection: Connection
    ) throws -> [String] {
        guard mkdir(directory, 0o777) == 0 || errno == EEXIST, let place = FileNames.canonical(directory) else {
            throw OperationError(
                cause: "\(directory): \(errorText(errno))",
                remedy: "name a directory whose parent exists"
            )
        }
        let partial = place + "/.export-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: partial) }
        var pipe = try Pipe()
        guard let readEnd = pipe.readEnd.take(), let writeEnd = pipe.writeEnd.take() else {
            throw OperationError(cause: "a pipe without ends")
        }
        let pending = try connection.begin(SkillExport.self, params, descriptors: [writeEnd.raw])
        _ = consume writeEnd
        let unpacked = Result { try TreeArchive.unpack(from: readEnd.raw, to: partial) }
        _ = consume readEnd
        let folders = try connection.finish(pending).folders
        try unpacked.get()
        for folder in folders where rename(partial + "/" + folder, place + "/" + folder) != 0 {
            throw OperationError(
                cause: "\(place)/\(folder): \(errorText(errno))",
                remedy: "export into another directory, or remove the folder that is there"
            )
        }
        return folders
    }
}
