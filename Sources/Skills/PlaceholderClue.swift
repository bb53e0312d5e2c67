/// What a skill says of a placeholder: where its value stands, and what it looks like.
package struct PlaceholderClue: Sendable, Hashable {
    /// After and before what in the instruction.
    package let anchor: TextAnchor?
    package let examples: [String]

    package init(anchor: TextAnchor?, examples: [String]) {
        self.anchor = anchor
        self.examples = examples
    }

    /// The line of a legend that says it.
    package func line(_ name: String) -> String {
        let sides = [("after", anchor?.after ?? ""), ("before", anchor?.before ?? "")].filter { !$0.1.isEmpty }
        let place = sides.map { "\($0.0) `\($0.1)`" }.joined(separator: ", ")
        let parts = [
            place.isEmpty ? nil : "in the instruction " + place,
            examples.isEmpty ? nil : "as " + examples.map { "`\($0)`" }.joined(separator: ", "),
        ]
        let text = parts.compactMap { $0 }.joined(separator: "; ")
        return "- `<\(name)>`: " + (text.isEmpty ? "from the task at hand" : text)
    }

    /// The placeholder and the clue of a line such as ``- `<name>`: in the instruction after `the service '`; as `mail` ``.
    package static func entry(_ line: String) -> (name: String, clue: PlaceholderClue)? {
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
        return (name, PlaceholderClue(anchor: anchor, examples: examples))
    }

    private static func quoted(behind word: String, _ text: Substring) -> String? {
        guard let start = text.firstRange(of: "\(word) `")?.upperBound else { return nil }
        let piece = text[start...].prefix { $0 != "`" }
        return piece.isEmpty ? nil : String(piece)
    }
}
