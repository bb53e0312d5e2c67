/// Makes statements stand for themselves: what `cd`, `export` or `source` did before belongs to them.
enum CarriedState {
    static func statements(_ statements: [ActionFeatures.Statement], filesChanged: Bool?) -> [MinedStatement] {
        var carried: [String] = []
        var mined: [MinedStatement] = []
        for statement in statements {
            if isState(statement) {
                carried.append(statement.text)
                continue
            }
            // Nothing to show for a file that was read or edited by a tool.
            guard !statement.text.isEmpty else { continue }
            let before = carried.filter { !isAssignment($0) || uses($0, in: statement.text) }
            let lines = before + [statement.text]
            // Newlines after anything that may be longer than a line.
            let separator = lines.dropLast().allSatisfy { !$0.contains("\n") } ? " && " : "\n"
            mined.append(
                MinedStatement(
                    text: lines.joined(separator: separator),
                    shape: statement.shape,
                    features: statement.features,
                    heads: statement.heads,
                    names: names(in: statement),
                    programs: programs(in: statement),
                    isEffectful: isEffectful(statement, filesChanged: filesChanged),
                    holdsCode: statement.commands.isEmpty || statement.commands.contains { holdsCode($0) }
                )
            )
        }
        return mined
    }

    private static func isState(_ statement: ActionFeatures.Statement) -> Bool {
        guard statement.commands.count == 1, let command = statement.commands.first else { return false }
        guard let program = command.words.first?.text else { return !command.assignments.isEmpty }
        return ["cd", "export", "source", ".", "set", "pushd", "umask"].contains(program)
    }

    private static func isAssignment(_ text: String) -> Bool {
        let name = text.prefix { $0 != "=" && !$0.isWhitespace }
        return name.count < text.count && text.dropFirst(name.count).first == "="
    }

    private static func uses(_ assignment: String, in text: String) -> Bool {
        let name = assignment.prefix { $0 != "=" }
        return text.contains("$\(name)") || text.contains("${\(name)")
    }

    private static func names(in statement: ActionFeatures.Statement) -> Set<String> {
        var names: Set<String> = []
        for command in statement.commands {
            names.formUnion(command.words.prefix(1).flatMap { [$0.text, CommandWrappers.basename($0.text)] })
            guard let signature = CommandSignature(command) else { continue }
            names.formUnion(signature.packages)
            names.insert(signature.program)
            if let subcommand = signature.subcommand { names.insert(subcommand) }
        }
        return names
    }

    private static func programs(in statement: ActionFeatures.Statement) -> [String] {
        // A file that a tool wrote is written by `cat` when a shell does it.
        if statement.commands.isEmpty { return ["cat"] }
        let words = statement.commands.compactMap { $0.words.first?.text }
        return Set(words.map(CommandWrappers.basename)).filter { !$0.hasPrefix("$") && !$0.isEmpty }.sorted()
    }

    private static func holdsCode(_ command: ShellCommand) -> Bool {
        let program = command.words.first.map { CommandWrappers.basename($0.text) } ?? ""
        return command.input != nil || interpreters.contains(program)
            || command.words.contains { $0.text == "-c" || $0.text == "-e" }
    }

    /// Programs whose arguments are programs.
    private static let interpreters: Set<String> = ["awk", "gawk", "mawk", "sed", "jq", "perl", "sqlite3"]

    private static func isEffectful(_ statement: ActionFeatures.Statement, filesChanged: Bool?) -> Bool {
        if statement.commands.isEmpty { return true }
        if statement.commands.contains(where: { !$0.writtenFiles.isEmpty }) { return true }
        let heads = statement.commands.compactMap { CommandSignature($0) }
        if heads.contains(where: { PackageInstallation.isInstallation(program: $0.program, subcommand: $0.subcommand) })
        {
            return true
        }
        if heads.allSatisfy(onlyLooks) { return false }
        if heads.allSatisfy({ $0.flags.contains("--version") || $0.flags.contains("--help") }) { return false }
        // A directory for work in /tmp is on a file system of its own, where no changes are seen.
        return filesChanged ?? true || heads.contains { changing.contains($0.program) }
    }

    /// Programs that are run for nothing but a change of files.
    private static let changing: Set<String> = [
        "chmod", "chown", "cp", "dd", "install", "ln", "mkdir", "mktemp", "mv", "rm", "rmdir", "rsync", "tee", "touch",
        "truncate", "unzip",
    ]

    /// Whether a program only looks, by what it is and its flags.
    static func onlyLooks(_ signature: CommandSignature) -> Bool {
        switch signature.program {
        case "find": !signature.flags.contains("-delete") && !signature.flags.contains("-exec")
        case "sort": !signature.flags.contains { $0.hasPrefix("-o") || $0.hasPrefix("--output") }
        case "sed": !signature.flags.contains { $0.contains("i") }
        default: looking.contains(signature.program) || lookingHeads.contains(signature.head)
        }
    }

    /// Programs that only look, whatever their arguments.
    private static let looking: Set<String> = [
        "ls", "cat", "head", "tail", "wc", "grep", "egrep", "fgrep", "rg", "file", "stat", "which", "type", "pwd",
        "echo", "printf", "env", "printenv", "id", "whoami", "uname", "date", "df", "du", "free", "ps", "diff", "cmp",
        "md5sum", "sha256sum", "less", "more", "tree", "sort", "uniq", "cut", "tr", "awk", "jq", "xxd", "od", "true",
        "test", "[", "hostname", "nproc", "column", "comm", "nl", "strings", "apt-cache", "pdfinfo",
    ]
    private static let lookingHeads: Set<String> = [
        "git status", "git log", "git diff", "git show", "git branch", "pip list", "pip show", "pip freeze", "npm ls",
        "apt-get update",
    ]
}
