import Skills

/// The word of code in which a placeholder stands, such as `/app/incident/<db-file>-wal`.
struct Context: Sendable, Hashable {
    let name: String
    /// The whole word.
    private let pieces: [Placeholder.Piece]

    /// Of every placeholder of a program, each word once.
    static func all(in code: [String]) -> [Context] {
        var contexts: [Context] = []
        var seen: Set<Context> = []
        // With and without commas: `in/<csv-file>` and `<value>,<value-2>,day`.
        for word in code.flatMap({ words($0, separators + ",") + words($0, separators) }) {
            for case .placeholder(let name) in word {
                let context = Context(name: name, pieces: word)
                if seen.insert(context).inserted { contexts.append(context) }
            }
        }
        return contexts
    }

    private static let separators = "'\"()[]{};=|&<>`:"

    private static func words(_ code: String, _ separators: String) -> [[Placeholder.Piece]] {
        var words: [[Placeholder.Piece]] = []
        var word: [Placeholder.Piece] = []
        for piece in Placeholder.pieces(of: code) {
            guard case .text(let text) = piece else {
                word.append(piece)
                continue
            }
            let parts = text.split(omittingEmptySubsequences: false) { $0.isWhitespace || separators.contains($0) }
            for (index, part) in parts.enumerated() {
                if index > 0 {
                    words.append(word)
                    word = []
                }
                if !part.isEmpty { word.append(.text(String(part))) }
            }
        }
        return words + [word]
    }

    /// With what is known of other placeholders.
    func filled(_ values: [String: String]) -> Context {
        Context(
            name: name,
            pieces: pieces.map { piece in
                if case .placeholder(let other) = piece, other != name, let value = values[other] {
                    .text(value)
                } else {
                    piece
                }
            }
        )
    }

    /// Whether the word could be part of a path or of a list; a lone placeholder says nothing.
    var isPlaced: Bool {
        pieces.contains { if case .text(let text) = $0 { text.contains { "/.,".contains($0) } } else { false } }
    }

    /// What stands for the placeholder where the word is one of the texts, or the end of a path.
    func values(in texts: [String]) -> Set<String> {
        var found: Set<String> = []
        for text in texts {
            var rest = text[...]
            while true {
                match(pieces[...], rest, value: nil, &found)
                // A relative word may begin at any part of a path; an absolute one, or a directory, only at its beginning.
                guard case .text(let first)? = pieces.first, !first.hasPrefix("/"), let slash = rest.firstIndex(of: "/")
                else {
                    break
                }
                rest = rest[rest.index(after: slash)...]
            }
        }
        return found
    }

    private func match(
        _ pattern: ArraySlice<Placeholder.Piece>,
        _ text: Substring,
        value: Substring?,
        _ found: inout Set<String>
    ) {
        guard let first = pattern.first else {
            if text.isEmpty, let value { found.insert(String(value)) }
            return
        }
        switch first {
        case .text(let literal):
            if text.hasPrefix(literal) {
                match(pattern.dropFirst(), text.dropFirst(literal.count), value: value, &found)
            }
        case .placeholder(let other):
            if other == name, let value {
                if text.hasPrefix(value) {
                    match(pattern.dropFirst(), text.dropFirst(value.count), value: value, &found)
                }
                return
            }
            // A part of a path or of a list; a directory may be several.
            let room = other.hasSuffix("directory") ? text : text.prefix { $0 != "/" && $0 != "," }
            for end in room.indices {
                let piece = text[...end]
                match(
                    pattern.dropFirst(),
                    text[text.index(after: end)...],
                    value: other == name ? piece : value,
                    &found
                )
            }
        }
    }
}
