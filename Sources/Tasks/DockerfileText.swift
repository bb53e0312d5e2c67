import FoundationEssentials

/// Variables and words in instructions of Dockerfiles.
enum DockerfileText {
    /// Replaces `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}`; `\$` is a dollar sign.
    static func substitute(
        _ text: String,
        with variables: [String: String],
        _ line: Int
    ) throws(DockerfileError) -> String {
        var result = ""
        var rest = text[...]
        while let next = rest.popFirst() {
            if next == "\\", rest.first == "$" {
                result.append(rest.removeFirst())
            } else if next == "'" {
                // Nothing is replaced within single quotes.
                let inner = rest.prefix { $0 != "'" }
                result += "'" + inner
                rest = rest.dropFirst(inner.count)
                if let end = rest.popFirst() { result.append(end) }
            } else if next == "$" {
                result += try value(&rest, variables, line)
            } else {
                result.append(next)
            }
        }
        return result
    }

    private static func value(
        _ rest: inout Substring,
        _ variables: [String: String],
        _ line: Int
    ) throws(DockerfileError) -> String {
        guard rest.first == "{" else {
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            rest = rest.dropFirst(name.count)
            return name.isEmpty ? "$" : variables[String(name)] ?? ""
        }
        guard let end = rest.firstIndex(of: "}") else { throw DockerfileError(line: line, "'${' without '}'") }
        let inner = rest[..<end].dropFirst()
        rest = rest[end...].dropFirst()
        let name = inner.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        let value = variables[String(name)].flatMap { $0.isEmpty ? nil : $0 }
        let rule = inner.dropFirst(name.count)
        let word = String(rule.dropFirst(2))
        switch rule.prefix(2) {
        case "": return value ?? ""
        case ":-":
            if let value { return value }
            return try substitute(word, with: variables, line)
        case ":+": return value == nil ? "" : try substitute(word, with: variables, line)
        default: throw DockerfileError(line: line, "'${\(inner)}' is not supported")
        }
    }

    /// Words between blanks, with quotes and backslashes as a shell reads them.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = text[...]
        while let next = rest.popFirst() {
            if next == "\\", quote != "'", let escaped = rest.popFirst() {
                word = (word ?? "") + String(escaped)
            } else if next == quote {
                quote = nil
            } else if quote == nil, next == "'" || next == "\"" {
                quote = next
                word = word ?? ""
            } else if quote == nil, next.isWhitespace {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(next)
            }
        }
        if let word { words.append(word) }
        return words
    }

    /// `["a", "b"]`; nil for anything else.
    static func list(_ text: String) -> [String]? {
        guard text.hasPrefix("[") else { return nil }
        return try? JSONDecoder().decode([String].self, from: Data(text.utf8))
    }
}
