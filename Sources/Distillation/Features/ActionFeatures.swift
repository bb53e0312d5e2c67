/// An action as the miner compares it with others: what was done, without the data that it was done to.
package struct ActionFeatures: Sendable, Hashable {
    /// Sorted, each once: `sort`, `sort -n`, `sort PATH.csv`, `import x`, `module.call()`, `write *.csv`.
    package let features: [String]
    /// The programs' names with subcommands, sorted, each once.
    package let heads: [String]
    /// The statements of what was run, or the file that was written as one.
    let statements: [Statement]

    /// A statement with its own features.
    struct Statement: Sendable, Hashable {
        let text: String
        let features: [String]
        let heads: [String]
        /// The signatures of its commands in order: equal for statements that do the same.
        let shape: String
        let commands: [ShellCommand]
    }

    package init(_ action: DistillRequest.Action) {
        switch action.kind {
        case .exec:
            let words = (action.argv ?? []).map { ShellWord(text: $0, isQuoted: true) }
            statements = Self.statements(ofProgram: words)
        case .read, .write, .edit:
            statements = Self.fileStatement(action)
        case .message:
            statements = []
        }
        features = Set(statements.flatMap(\.features)).sorted()
        heads = Set(statements.flatMap(\.heads)).sorted()
    }

    /// The same for a line that a person would type.
    package init(shell line: String) {
        statements = Self.statements(ofScript: line)
        features = Set(statements.flatMap(\.features)).sorted()
        heads = Set(statements.flatMap(\.heads)).sorted()
    }

    /// `bash -c SCRIPT` has the script's statements; any other program is a statement of its own.
    private static func statements(ofProgram words: [ShellWord]) -> [Statement] {
        guard let program = words.first else { return [] }
        if CommandWrappers.shells.contains(CommandWrappers.basename(program.text)), words.count >= 3,
            words[1].text.hasPrefix("-"), words[1].text.contains("c"), !words[1].text.hasPrefix("--")
        {
            return statements(ofScript: words[2].text)
        }
        let line = words.map { ShellQuoting.quoted($0.text) }.joined(separator: " ")
        return [statement(line, [ShellCommand(words: words)])]
    }

    private static func statements(ofScript source: String) -> [Statement] {
        ShellScript(source).statements.map { statement($0.text, $0.commands) }
    }

    private static func statement(_ text: String, _ commands: [ShellCommand]) -> Statement {
        let plain = commands.flatMap { CommandWrappers.unwrapped($0) }
        var features: Set<String> = []
        var shape: [String] = []
        var heads: Set<String> = []
        for command in plain {
            if let signature = CommandSignature(command) {
                shape.append(([signature.text] + signature.packages).joined(separator: " "))
                heads.insert(signature.head)
                features.formUnion(signature.features)
            }
            let code = python(in: command)
            features.formUnion(code)
            shape += code
            for file in command.writtenFiles { features.insert(operation("write", file)) }
        }
        return Statement(
            text: text,
            features: features.sorted(),
            heads: heads.sorted(),
            shape: shape.joined(separator: " | "),
            commands: plain
        )
    }

    /// Features of Python that a command is given, or writes to a file.
    private static func python(in command: ShellCommand) -> [String] {
        guard let program = command.words.first.map({ CommandWrappers.basename($0.text) }) else { return [] }
        if program.hasPrefix("python") || program == "uv" {
            if let flag = command.words.firstIndex(where: { $0.text == "-c" }), flag + 1 < command.words.count {
                return PythonFeatures.features(of: command.words[flag + 1].text)
            }
            return command.input.map { PythonFeatures.features(of: $0) } ?? []
        }
        let writesPython = (command.writtenFiles + command.words.map(\.text)).contains { $0.hasSuffix(".py") }
        guard let input = command.input, writesPython else { return [] }
        return PythonFeatures.features(of: input)
    }

    private static func fileStatement(_ action: DistillRequest.Action) -> [Statement] {
        guard let path = action.path else { return [] }
        var features: Set<String> = [operation(action.kind.rawValue, path)]
        if let text = action.text, action.kind != .read {
            if path.hasSuffix(".py") { features.formUnion(PythonFeatures.features(of: text)) }
            if path.hasSuffix(".sh") {
                features.formUnion(statements(ofScript: text).flatMap(\.features))
            }
        }
        let sorted = features.sorted()
        let text = action.kind == .write ? ShellQuoting.writing(action.text ?? "", to: path) : ""
        let head = operation(action.kind.rawValue, path)
        return [
            Statement(text: text, features: sorted, heads: [head], shape: sorted.joined(separator: " | "), commands: [])
        ]
    }

    /// `write *.csv`, or `write *` for a file without an extension.
    private static func operation(_ name: String, _ path: String) -> String {
        "\(name) *" + (ArgumentClass.suffix(of: path).map { ".\($0)" } ?? "")
    }
}

/// Text as a shell must be given it.
enum ShellQuoting {
    /// The word in single quotes, unless it needs none.
    static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            byte.isDigit || (byte | 32) >= 97 && (byte | 32) <= 122 || "_-./=:,+@%^".utf8.contains(byte)
        }
        if isPlain && !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// A command that writes `text` to `path`, under a delimiter that the text does not have.
    static func writing(_ text: String, to path: String) -> String {
        let lines = Set(text.split(separator: "\n", omittingEmptySubsequences: false))
        var delimiter = "EOF"
        while lines.contains(Substring(delimiter)) { delimiter += "_" }
        return "cat > \(quoted(path)) <<'\(delimiter)'\n" + text + (text.hasSuffix("\n") || text.isEmpty ? "" : "\n")
            + delimiter
    }
}
