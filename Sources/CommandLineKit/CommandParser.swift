/// What a command line turned out to be.
package enum Invocation: Sendable {
    /// `--help` of the command at the end of `path`.
    case help(path: [String], command: Command)
    /// A verb with everything it needs; `path` is for error messages.
    case run(path: [String], command: Command, Command.Action)
}

/// A usage error with the command that it happened in: `executorctl run`.
package struct ParseFailure: Error, Sendable {
    package var path: [String]
    package var error: UsageError
    /// The command that was named without a verb where one is needed: its help is the best answer.
    package var group: Command?
    /// The exit status.
    package var status: CInt
}

extension Command {
    /// Reads the words after the program's name.
    package func parse(_ words: [String]) throws(ParseFailure) -> Invocation {
        var command = self
        var path = [name]
        var rest = words[...]
        while !command.subcommands.isEmpty {
            guard let word = rest.popFirst() else {
                throw ParseFailure(path: path, error: UsageError("a command is needed"), group: command, status: 2)
            }
            if let next = command.subcommand(named: word) {
                command = next
                path.append(next.name)
            } else if ["-h", "--help"].contains(word) {
                return .help(path: path, command: command)
            } else if word == "help" {
                return try help(for: Array(rest))
            } else {
                let hint = Suggestion.sentence(for: word, among: command.subcommands.map(\.name))
                let what = word.hasPrefix("-") ? "unknown option" : "unknown command"
                throw ParseFailure(path: path, error: UsageError("\(what) '\(word)'\(hint)"), status: 2)
            }
        }
        do {
            var reader = WordReader(parameters: command.parameters)
            guard try reader.read(rest) else { return .help(path: path, command: command) }
            let assignments = try reader.finish()
            guard let action = try command.bind?(assignments) else { return .help(path: path, command: command) }
            return .run(path: path, command: command, action)
        } catch {
            throw ParseFailure(path: path, error: error, status: command.usageStatus)
        }
    }

    private func help(for words: [String]) throws(ParseFailure) -> Invocation {
        var command = self
        var path = [name]
        for word in words {
            guard let next = command.subcommand(named: word) else {
                let hint = Suggestion.sentence(for: word, among: command.subcommands.map(\.name))
                throw ParseFailure(path: path, error: UsageError("no help on '\(word)'\(hint)"), status: 2)
            }
            command = next
            path.append(next.name)
        }
        return .help(path: path, command: command)
    }
}

/// Assigns the words of one verb's command line to its parameters.
private struct WordReader {
    let parameters: [ParameterSyntax]
    private var assignments: [Command.Assignment] = []
    private var positional: [String] = []
    private var onlyPositional = false

    init(parameters: [ParameterSyntax]) {
        self.parameters = parameters
    }

    /// Reads all words; false when help was asked for.
    mutating func read(_ words: ArraySlice<String>) throws(UsageError) -> Bool {
        var rest = words
        while let word = rest.popFirst() {
            if onlyPositional || word == "-" || !word.hasPrefix("-") {
                positional.append(word)
                let arguments = parameters.filter(\.isPositional)
                if positional.count <= arguments.count, arguments[positional.count - 1].kind == .remainder {
                    onlyPositional = true
                }
            } else if word == "--", let trailing = parameters.firstIndex(where: { $0.kind == .trailing }) {
                assignments += rest.map { (trailing, $0) }
                rest = []
            } else if word == "--" {
                onlyPositional = true
            } else if word == "--help" || word == "-h" {
                return false
            } else if word.hasPrefix("--") {
                try readLong(word, &rest)
            } else {
                try readShort(word, &rest)
            }
        }
        return true
    }

    private mutating func readLong(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let index = try find(parts[0])
        if parameters[index].kind == .flag {
            guard parts.count == 1 else { throw UsageError("\(parts[0]) takes no value") }
            assignments.append((index, ""))
        } else if parts.count == 2 {
            assignments.append((index, parts[1]))
        } else {
            assignments.append((index, try value(of: index, named: parts[0], &rest)))
        }
    }

    /// `-v`, `-vx` (two flags), `-i NAME`, `-iNAME`.
    private mutating func readShort(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            let name = "-\(letter)"
            let index = try find(name)
            if parameters[index].kind == .flag {
                assignments.append((index, ""))
                continue
            }
            let attached = letters.first == "=" ? letters.dropFirst() : letters
            let isAttached = !letters.isEmpty
            assignments.append((index, isAttached ? String(attached) : try value(of: index, named: name, &rest)))
            return
        }
    }

    private func find(_ name: String) throws(UsageError) -> Int {
        if let index = parameters.firstIndex(where: { $0.names.contains(name) }) { return index }
        let known = parameters.flatMap(\.names) + ["--help"]
        throw UsageError("unknown option '\(name)'\(Suggestion.sentence(for: name, among: known))")
    }

    /// The next word, unless it is an option of this command: then the value was forgotten.
    private func value(of index: Int, named name: String, _ rest: inout ArraySlice<String>) throws(UsageError) -> String
    {
        guard let word = rest.first, word != "--", !parameters.contains(where: { $0.names.contains(word) }) else {
            throw UsageError("\(name) needs a value: \(name) \(parameters[index].placeholder)")
        }
        rest.removeFirst()
        return word
    }

    /// Hands the words without a dash to the arguments, in order.
    mutating func finish() throws(UsageError) -> [Command.Assignment] {
        var words = positional[...]
        for (index, parameter) in parameters.enumerated() where parameter.isPositional {
            if words.isEmpty, parameter.isRequired { throw UsageError("\(parameter.placeholder) is missing") }
            for word in parameter.repeats ? words : words.prefix(1) { assignments.append((index, word)) }
            words = parameter.repeats ? [] : words.dropFirst()
        }
        if let extra = words.first { throw UsageError("unexpected argument '\(extra)'") }
        return assignments
    }
}
