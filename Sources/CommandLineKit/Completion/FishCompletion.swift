/// Completion for fish from 3.1 on: one `complete` for each verb, option and argument.
struct FishCompletion {
    let root: Command

    init(_ root: Command) {
        self.root = root
    }

    var text: String {
        let lines = root.walk().flatMap { path, command in
            command.subcommands.isEmpty
                ? verb(Array(path.dropFirst()), command) : group(Array(path.dropFirst()), command)
        }
        return """
            # fish completion for \(root.name), made by '\(root.name) completion fish'.

            # Whether the words before the cursor begin with these.
            function \(function)_at
                set -l words (commandline -opc)
                set -l last (math (count $argv) + 1)
                test (count $words) -ge $last; or return 1
                test $last -eq 1; or test "$words[2..$last]" = "$argv"
            end

            # Whether the words before the cursor are these and no more, so that a verb comes next.
            function \(function)_after
                test (count (commandline -opc)) -eq (math (count $argv) + 1); and \(function)_at $argv
            end

            complete -c \(root.name) -f
            complete -c \(root.name) -s h -l help -d 'Show this help'
            \(lines.joined(separator: "\n"))

            """
    }

    private var function: String { "__" + root.name.replacing("-", with: "_") }

    private func complete(_ condition: String, _ words: [String]) -> String {
        "complete -c \(root.name) -n \(quotedForFish(condition)) " + words.joined(separator: " ")
    }

    private func group(_ path: [String], _ command: Command) -> [String] {
        let condition = (["\(function)_after"] + path).joined(separator: " ")
        return command.subcommands.map {
            complete(condition, ["-a", $0.name, "-d", quotedForFish(withoutFullStop($0.about))])
        }
    }

    private func verb(_ path: [String], _ command: Command) -> [String] {
        let condition = (["\(function)_at"] + path).joined(separator: " ")
        return command.parameters.compactMap { parameter in
            guard parameter.names.isEmpty else {
                let names = parameter.names.flatMap { name in
                    name.hasPrefix("--") ? ["-l", String(name.dropFirst(2))] : ["-s", String(name.dropFirst())]
                }
                let value =
                    parameter.kind == .option
                    ? [parameter.completion == .files ? "-r" : "-x"] + offer(parameter, path.count) : []
                return complete(
                    condition,
                    names + value + ["-d", quotedForFish(withoutFullStop(parameter.about))]
                )
            }
            let offered = offer(parameter, path.count)
            return offered.isEmpty ? nil : complete(condition, offered)
        }
    }

    private func offer(_ parameter: ParameterSyntax, _ depth: Int) -> [String] {
        switch parameter.completion {
        case .words(let words): ["-a", quotedForFish(words.joined(separator: " "))]
        case .files: ["-F"]
        case .directories: ["-a", "'(__fish_complete_directories)'"]
        // fish finds a command by counting words, and how many stand before '--' nobody knows.
        case .program where parameter.kind == .trailing: ["-F"]
        case .program: ["-a", "'(__fish_complete_subcommand --fcs-skip=\(depth + 1))'"]
        case .nothing: []
        }
    }
}

/// A word in single quotes, in which fish takes a backslash before a quote or a backslash for what it hides.
func quotedForFish(_ word: String) -> String {
    "'" + word.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
}
