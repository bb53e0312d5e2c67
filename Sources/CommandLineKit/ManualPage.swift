/// Manual pages of a program and its verbs, made from their declarations; see man(7).
package struct ManualPage: Sendable {
    /// `executorctl-run.1`.
    package let fileName: String
    /// The roff source.
    package let text: String

    /// One page for the program and one for each verb and group below it.
    ///
    /// `source` is what the pages are part of and its version, for the foot of each.
    package static func pages(of root: Command, section: Int, source: String) -> [ManualPage] {
        root.walk().map { path, command in
            let name = path.joined(separator: "-")
            let page = Page(path: path, command: command, section: section)
            return ManualPage(fileName: "\(name).\(section)", text: page.text(source: source))
        }
    }
}

/// The page of one command.
private struct Page {
    let path: [String]
    let command: Command
    let section: Int

    private var name: String { path.joined(separator: "-") }

    func text(source: String) -> String {
        var lines = [
            ".TH \(roff(name.uppercased())) \(section) \"\" \"\(roff(source))\"",
            ".SH NAME", "\(roff(name)) \\- \(roff(withoutFullStop(command.about)))",
            ".SH SYNOPSIS", ".nh", ".ad l", roff(HelpText.synopsis(path, command)), ".ad b", ".hy",
            ".SH DESCRIPTION", roff(command.about),
        ]
        for paragraph in command.details.split(separator: "\n\n") { lines += [".PP", roff(String(paragraph))] }
        lines += verbs + parameters + examples + others
        return lines.joined(separator: "\n") + "\n"
    }

    private var verbs: [String] {
        guard !command.subcommands.isEmpty else { return [] }
        return [".SH COMMANDS"]
            + command.subcommands.flatMap { verb in
                [".TP", "\\fB\(roff(name))\\-\(roff(verb.name))\\fR(\(section))", roff(verb.about)]
            }
    }

    private var parameters: [String] {
        let arguments = command.parameters.filter { $0.names.isEmpty }
        let options = command.parameters.filter { !$0.names.isEmpty }
        var lines: [String] = arguments.isEmpty ? [] : [".SH ARGUMENTS"]
        lines += arguments.flatMap { [".TP", "\\fI\(roff($0.placeholder))\\fR", roff(HelpText.explanation($0))] }
        lines.append(".SH OPTIONS")
        for option in options {
            let value = option.kind == .option ? " \\fI\(roff(option.placeholder))\\fR" : ""
            let names = option.names.map { "\\fB\(roff($0))\\fR\(value)" }.joined(separator: ", ")
            lines += [".TP", names, roff(HelpText.explanation(option))]
        }
        return lines + [".TP", "\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "Show help in short."]
    }

    private var examples: [String] {
        guard !command.examples.isEmpty else { return [] }
        return [".SH EXAMPLES"]
            + command.examples.flatMap { [".TP", roff($0.about) + ":", ".EX", roff($0.line), ".EE"] }
    }

    /// The page above; for the others, everything is found from there.
    private var others: [String] {
        guard path.count > 1 else { return [] }
        let above = path.dropLast().joined(separator: "-")
        return [".SH SEE ALSO", "\\fB\(roff(above))\\fR(\(section))"]
    }
}

/// Text as roff prints it: its own characters and those that it would change are named, a line never begins a request.
///
/// See groff_char(7); beyond ASCII a character goes by its number, so that no encoding need be told.
private func roff(_ text: String) -> String {
    var result = text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" : ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result += "\\e"
        case "-": result += "\\-"
        case "'": result += "\\(aq"
        case "`": result += "\\(ga"
        case "^": result += "\\(ha"
        case "~": result += "\\(ti"
        case "\"": result += "\\(dq"
        case "\n": result += " "
        case _ where !scalar.isASCII:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            result += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
