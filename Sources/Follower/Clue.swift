package import Skills

/// What a skill says of a placeholder: where its value stands, and what it looks like.
package struct Clue: Sendable, Hashable {
    /// After and before what in the instruction.
    package let anchor: TextAnchor?
    package let examples: [String]

    /// The placeholder and the clue of a line such as ``- `<name>`: in the instruction after `the service '`; as `mail` ``.
    static func entry(_ line: String) -> (name: String, clue: Clue)? {
        let text = line.drop { $0 == " " || $0 == "-" || $0 == "*" }
        guard text.hasPrefix("`<"), let end = text.firstRange(of: ">`") else { return nil }
        let name = String(text[text.index(text.startIndex, offsetBy: 2)..<end.lowerBound])
        guard Placeholder.isName(name) else { return nil }
        let (after, before) = (
            quoted(behind: "after", text[end.upperBound...]), quoted(behind: "before", text[end.upperBound...])
        )
        var examples: [String] = []
        if let mark = text.firstRange(of: " as `") {
            let pieces = text[mark.lowerBound...].split(separator: "`", omittingEmptySubsequences: false)
            examples = stride(from: 1, to: pieces.count, by: 2).map { String(pieces[$0]) }
        }
        let anchor = after == nil && before == nil ? nil : TextAnchor(after: after ?? "", before: before ?? "")
        return (name, Clue(anchor: anchor, examples: examples))
    }

    private static func quoted(behind word: String, _ text: Substring) -> String? {
        guard let start = text.firstRange(of: "\(word) `")?.upperBound else { return nil }
        let piece = text[start...].prefix { $0 != "`" }
        return piece.isEmpty ? nil : String(piece)
    }
}

/// `<name>` in code, which stands for a value of the task.
enum Placeholder {
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first >= 97 && first <= 122, text.utf8.count <= 40 else { return false }
        return text.utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 >= 48 && $0 <= 57 || $0 == 45 || $0 == 95 }
    }

    /// Text and placeholders in turn.
    enum Piece: Sendable, Hashable {
        case text(String)
        case placeholder(String)
    }

    static func pieces(of code: String) -> [Piece] {
        var pieces: [Piece] = []
        var text = ""
        var rest = Substring(code)
        while let mark = rest.firstIndex(of: "<") {
            text += rest[..<mark]
            let behind = rest[rest.index(after: mark)...]
            if let end = behind.firstIndex(of: ">"), isName(String(behind[..<end])) {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.placeholder(String(behind[..<end])))
                rest = behind[behind.index(after: end)...]
            } else {
                text.append("<")
                rest = behind
            }
        }
        text += rest
        if !text.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    /// The names in code, each once, in their order.
    static func names(in code: String) -> [String] {
        var seen: Set<String> = []
        return pieces(of: code).compactMap { piece in
            if case .placeholder(let name) = piece, seen.insert(name).inserted { name } else { nil }
        }
    }

    static func filled(_ code: String, _ values: [String: String]) -> String {
        pieces(of: code).map { piece in
            switch piece {
            case .text(let text): text
            case .placeholder(let name): values[name] ?? "<\(name)>"
            }
        }
        .joined()
    }
}
