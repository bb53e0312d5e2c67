/// A solution's commands as an expert would give them one at a time: each stands for itself, with the directory and the
/// variables that it needs.
struct SolutionActions: Sendable {
    let commands: [String]

    init(_ script: [String]) {
        var directory: String?
        var assignments: [(name: String, text: String)] = []
        var actions: [String] = []
        for command in Self.joined(script.map(Command.init)) {
            switch command.state {
            case .option: continue
            case .directory: directory = directory.map { "\($0) && \(command.text)" } ?? command.text
            case .assignment(let name):
                assignments.removeAll { $0.name == name }
                assignments.append((name, command.text))
            case nil:
                let needed = assignments.filter { command.uses.contains($0.name) }.map(\.text)
                actions.append(Self.text(needed + [directory].compactMap { $0 }, before: command.text))
            }
        }
        commands = actions
    }

    private static func text(_ state: [String], before command: String) -> String {
        (state + [command]).joined(separator: " && ")
    }

    /// What computes a variable, and what uses it later, is one command: an action does not outlive its shell.
    private static func joined(_ commands: [Command]) -> [Command] {
        var result: [Command] = []
        var index = 0
        while index < commands.count {
            var end = index
            var probe = index
            while probe <= end {
                let needed = commands[probe].computes
                if let last = commands.indices.last(where: { $0 > probe && !commands[$0].uses.isDisjoint(with: needed) }
                ) {
                    end = max(end, last)
                }
                probe += 1
            }
            result.append(
                end == index
                    ? commands[index] : Command("set -eu\n" + commands[index...end].map(\.text).joined(separator: "\n"))
            )
            index = end + 1
        }
        return result
    }

    /// A top-level command, and what it has to do with the shell's state.
    private struct Command {
        enum State {
            /// `set -eu`: how a script stops at errors; whoever types looks for himself.
            case option
            case directory
            case assignment(String)
        }

        /// Without comments before it and blank lines around it.
        let text: String
        let state: State?
        /// Variables that it sets in ways that cannot be repeated in front of another command.
        let computes: Set<String>
        let uses: Set<String>

        init(_ chunk: String) {
            let lines = chunk.split(separator: "\n", omittingEmptySubsequences: false)
            let first = lines.firstIndex { !$0.isBlank && $0.firstWord.first != "#" } ?? lines.endIndex
            let end = lines.lastIndex { !$0.isBlank } ?? first
            text = first <= end ? lines[first...end].joined(separator: "\n") : ""
            let shell = Self.withoutHereDocuments(text)
            uses = Self.variables(in: shell, after: "$")
            let words = shell.split(whereSeparator: \.isWhitespace)
            let isLine = !text.contains("\n") && !text.contains(";") && !text.contains("|") && !text.contains("&")
            let name = Self.assigned(words.first ?? "")
            if isLine, words.first == "set", words.dropFirst().allSatisfy({ $0.first == "-" && $0 != "--" }) {
                (state, computes) = (.option, [])
            } else if isLine, words.first == "cd" {
                (state, computes) = (.directory, [])
            } else if isLine, words.count == 1, let name, !shell.contains("$("), !shell.contains("`") {
                (state, computes) = (.assignment(name), [])
            } else {
                state = nil
                computes = Self.computed(words)
            }
        }

        /// Names before `=`, after `for` and `read`, and `@` for the shell's own list.
        private static func computed(_ words: [Substring]) -> Set<String> {
            var names = Set(words.compactMap(assigned))
            for (word, next) in zip(words, words.dropFirst()) {
                if word == "for" || word == "read" { names.insert(String(next)) }
                if word == "set", next == "--" { names.formUnion(["@", "1"]) }
                if word == "read", next == "-r" { names.formUnion(words.map(String.init)) }
            }
            return names
        }

        private static func assigned(_ word: Substring) -> String? {
            let name = word.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            guard let first = name.first, !first.isNumber, word.dropFirst(name.count).first == "=" else { return nil }
            return String(name)
        }

        private static func variables(in text: String, after mark: Character) -> Set<String> {
            Set(
                text.split(separator: mark).map { piece in
                    let name = piece.drop { $0 == "{" }
                    return name.first == "@" || name.first == "1"
                        ? String(name.prefix(1)) : String(name.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
                }
            )
        }

        /// The text but for `<<'WORD'` bodies, in which a shell reads nothing.
        private static func withoutHereDocuments(_ text: String) -> String {
            var kept: [Substring] = []
            var closing: String?
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if let word = closing {
                    if line == word { closing = nil }
                    continue
                }
                kept.append(line)
                if let mark = line.firstRange(of: "<<'") {
                    closing = String(line[mark.upperBound...].prefix { $0 != "'" })
                }
            }
            return kept.joined(separator: "\n")
        }
    }
}

extension Substring {
    var isBlank: Bool { allSatisfy(\.isWhitespace) }

    /// Up to the first blank.
    var firstWord: Substring { drop(while: \.isWhitespace).prefix { !$0.isWhitespace } }
}
