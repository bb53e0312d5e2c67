/// What kind of error an output shows, without what differs from run to run.
package struct ErrorSignature: Sendable, Hashable {
    /// The kind.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case externallyManaged = "pep668"
        case moduleMissing = "module-missing"
        case importName = "import-name"
        case commandMissing = "command-missing"
        case packageMissing = "package-missing"
        case fileMissing = "file-missing"
        case permission = "permission"
        case diskFull = "disk-full"
        case network = "network"
        case tooLarge = "too-large"
        case notText = "not-text"
        case usage = "usage"
        case syntax = "syntax"
        case exception = "exception"
    }

    package let kind: Kind
    /// The module, the command, the exception's class with its masked message; empty when the kind says all.
    package let subject: String
    /// The line of the output that shows it, cut to a readable length.
    package let line: String

    /// One word or two that are equal for equal errors.
    package var text: String { subject.isEmpty ? kind.rawValue : "\(kind.rawValue) \(subject)" }

    /// The first kind that the outputs show, in the order of how much it says.
    package init?(stdout: String, stderr: String) {
        // What is written to standard error is likelier to be the error.
        let lines = (stderr + "\n" + stdout).split { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
        for rule in Self.rules {
            // The last is the one that ended the program.
            for line in lines.reversed() {
                guard let subject = rule.subject(line) else { continue }
                kind = rule.kind
                self.subject = subject
                self.line = Self.shortened(line)
                return
            }
        }
        return nil
    }

    private static func shortened(_ line: Substring) -> String {
        let text = String(line.drop { $0.isWhitespace })
        return text.count <= 160 ? text : text.prefix(160) + "…"
    }

    /// How a kind is known: the subject of a line that shows it, nil for other lines.
    private struct Rule: Sendable {
        let kind: Kind
        let subject: @Sendable (Substring) -> String?
    }

    private static let rules: [Rule] = [
        Rule(kind: .externallyManaged) { $0.contains("externally-managed-environment") ? "" : nil },
        Rule(kind: .moduleMissing) { line in
            guard line.contains("No module named ") else { return nil }
            return text(in: line, after: "No module named ").map { String($0.prefix { $0 != "." }) }
        },
        Rule(kind: .importName) { line in
            guard line.contains("ImportError") else { return nil }
            return text(in: line, after: "cannot import name ") ?? ""
        },
        Rule(kind: .commandMissing) { line in
            if line.hasSuffix("command not found") || line.hasSuffix(": not found") {
                let parts = line.split(separator: ":").map { $0.drop { $0 == " " } }
                return parts.count >= 2 ? String(parts[parts.count - 2]) : nil
            }
            if let end = line.firstRange(of: " is not installed") {
                return line[..<end.lowerBound].split(separator: " ").last.map(String.init)
            }
            return nil
        },
        Rule(kind: .packageMissing) { line in
            if let name = text(in: line, after: "Unable to locate package ") { return name }
            return text(in: line, after: "No matching distribution found for ")
        },
        Rule(kind: .permission) { $0.contains("Permission denied") || $0.contains("PermissionError") ? "" : nil },
        Rule(kind: .diskFull) { $0.contains("No space left on device") ? "" : nil },
        Rule(kind: .fileMissing) { line in
            guard line.contains("No such file or directory") || line.contains("FileNotFoundError") else { return nil }
            return suffix(of: line).map { "*.\($0)" } ?? ""
        },
        Rule(kind: .network) { line in
            let marks = ["Could not resolve host", "Temporary failure in name resolution", "Network is unreachable"]
            return marks.contains { line.contains($0) } ? "" : nil
        },
        Rule(kind: .tooLarge) { line in
            let isLarge = line.contains("exceeds maximum allowed") || line.contains("too many to read at once")
            return isLarge ? "" : nil
        },
        Rule(kind: .notText) { $0.contains("cannot read binary") || $0.contains("binary file matches") ? "" : nil },
        Rule(kind: .syntax) { line in
            if line.hasPrefix("SyntaxError") || line.hasPrefix("IndentationError") { return "python" }
            return line.contains("syntax error near") || line.contains("syntax error:") ? "sh" : nil
        },
        Rule(kind: .exception) { exception($0) },
        Rule(kind: .usage) { line in
            let marks = ["unrecognized option", "invalid option", "unrecognized arguments", "unknown option"]
            return marks.contains { line.contains($0) } ? masked(line.suffix(60)) : nil
        },
    ]

    /// `ValueError: …` or `pkg.SomeException: …` at the beginning of a line.
    private static func exception(_ line: Substring) -> String? {
        guard line.first?.isLetter ?? false else { return nil }
        let name = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
        let base = name.split(separator: ".").last ?? ""
        let rest = line.dropFirst(name.count)
        guard base.hasSuffix("Error") || base.hasSuffix("Exception"), base.first?.isUppercase ?? false,
            rest.isEmpty || rest.hasPrefix(":"), base.count > 5
        else { return nil }
        let message = masked(rest.dropFirst().prefix(80))
        return message.isEmpty ? String(base) : "\(base): \(message)"
    }

    /// The quoted or bare word after `mark`.
    private static func text(in line: Substring, after mark: String) -> String? {
        guard let start = line.firstRange(of: mark)?.upperBound else { return nil }
        let rest = line[start...]
        if let quote = rest.first, quote == "'" || quote == "\"" {
            return String(rest.dropFirst().prefix { $0 != quote })
        }
        return String(rest.prefix { !$0.isWhitespace && $0 != "(" })
    }

    /// The extension of the first word that has one.
    private static func suffix(of line: Substring) -> String? {
        line.split { " '\":,()[]".contains($0) }.lazy.compactMap { ArgumentClass.suffix(of: String($0)) }.first
    }

    /// Without what differs: quoted texts, numbers and paths.
    private static func masked(_ text: Substring) -> String {
        var words: [String] = []
        var quote: Character?
        for word in text.split(separator: " ") {
            if let open = quote {
                if word.contains(open) { quote = nil }
                continue
            }
            if let first = word.first, first == "'" || first == "\"" {
                if !word.dropFirst().contains(first) { quote = first }
                words.append("'…'")
            } else if word.contains(where: \.isNumber) {
                words.append("N")
            } else {
                words.append(word.contains("/") ? "PATH" : String(word))
            }
        }
        return words.joined(separator: " ")
    }
}
