/// The text of `--help`, made from a command's declaration.
package enum HelpText {
    /// The whole page, with a newline at its end; lines are wrapped at `width` columns.
    package static func render(path: [String], command: Command, width: Int = 80) -> String {
        let width = min(max(width, 40), 100)
        var blocks = ["Usage: " + synopsis(path, command), Layout.wrap(command.about, width)]
        blocks += command.details.split(separator: "\n\n").map { Layout.wrap(String($0), width) }
        let sections: [(String, [ParameterSyntax])] = [
            ("Arguments", command.parameters.filter { $0.isPositional || $0.kind == .trailing }),
            ("Options", command.parameters.filter { !$0.isPositional && $0.kind != .trailing }),
        ]
        if !command.subcommands.isEmpty {
            blocks.append(section("Commands", command.subcommands.map { ($0.name, $0.about) }, width))
        }
        for (title, parameters) in sections {
            var rows = parameters.map { (label($0), explanation($0)) }
            if title == "Options" { rows.append(("-h, --help", "Show this help.")) }
            if !rows.isEmpty { blocks.append(section(title, rows, width)) }
        }
        if !command.examples.isEmpty {
            let lines = command.examples.map { "  # \($0.about)\n  \($0.line)" }
            blocks.append("Examples:\n" + lines.joined(separator: "\n"))
        }
        if !command.subcommands.isEmpty {
            blocks.append("'\(path.joined(separator: " ")) COMMAND --help' says more about a command.")
        }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    /// The command line in short: `executorctl run [OPTIONS] TASK...`.
    static func synopsis(_ path: [String], _ command: Command) -> String {
        var words = path
        if !command.subcommands.isEmpty { words.append("COMMAND") }
        if command.parameters.contains(where: { !$0.isPositional && $0.kind != .trailing }) {
            words.append("[OPTIONS]")
        }
        for parameter in command.parameters where parameter.isPositional {
            let word = (parameter.kind == .remainder ? "[--] " : "") + parameter.placeholder
            words.append((parameter.isRequired ? word : "[\(word)]") + (parameter.repeats ? "..." : ""))
        }
        for parameter in command.parameters where parameter.kind == .trailing {
            words.append("[-- \(parameter.placeholder)...]")
        }
        return words.joined(separator: " ")
    }

    private static func label(_ parameter: ParameterSyntax) -> String {
        guard !parameter.isPositional, parameter.kind != .trailing else {
            return parameter.placeholder + (parameter.repeats ? "..." : "")
        }
        let short = parameter.names.filter { !$0.hasPrefix("--") }
        let long = parameter.names.filter { $0.hasPrefix("--") }
        let names = (short + long).joined(separator: ", ")
        let indent = short.isEmpty ? "    " : ""
        return indent + names + (parameter.kind == .option ? " " + parameter.placeholder : "")
    }

    /// What it is for, with its allowed words and its default.
    static func explanation(_ parameter: ParameterSyntax) -> String {
        var remarks: [String] = []
        if !parameter.choices.isEmpty { remarks.append("one of " + parameter.choices.joined(separator: ", ")) }
        if let text = parameter.defaultText { remarks.append("default: \(text)") }
        if parameter.repeats, parameter.kind == .option { remarks.append("may be repeated") }
        return parameter.about + (remarks.isEmpty ? "" : " (\(remarks.joined(separator: "; ")))")
    }

    private static func section(_ title: String, _ rows: [(String, String)], _ width: Int) -> String {
        let longest = rows.map { Layout.columns($0.0) }.max() ?? 0
        let indent = min(longest, 26) + 4
        let lines = rows.map { left, right in
            let text = Layout.wrap(right, width - indent).split(separator: "\n")
            let more = text.dropFirst().map { "\n" + String(repeating: " ", count: indent) + $0 }.joined()
            let first = String(text.first ?? "")
            guard Layout.columns(left) <= indent - 4 else {
                return "  \(left)\n" + String(repeating: " ", count: indent) + first + more
            }
            return "  " + Layout.pad(left, to: indent - 2) + first + more
        }
        return "\(title):\n" + lines.joined(separator: "\n")
    }
}
