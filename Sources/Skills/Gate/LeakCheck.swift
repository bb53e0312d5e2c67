package import Gate

/// Stage 4: whether a skill tells what only tests or solutions know.
///
/// A literal that is in verifier-private text and that no agent ever saw is a leak. That it is in both is not enough: tests
/// and honest skills share the constants of their domain, and the words of the language that they are written in.
package struct LeakCheck: Sendable {
    /// What is private, with where it is from, and what agents saw of the same tasks.
    package struct Sources: Sendable {
        package var privateTexts: [(place: String, text: String)]
        package var visibleText: String

        package init(privateTexts: [(place: String, text: String)] = [], visibleText: String = "") {
            self.privateTexts = privateTexts
            self.visibleText = visibleText
        }
    }

    package static let leastLength = 6
    package static let leastDigits = 4

    package init() {}

    package func decision(on tree: SkillTree, _ sources: Sources) -> GateDecision {
        guard !sources.privateTexts.isEmpty else {
            return GateDecision(.leak, .skipped, "no task is known that it could leak from")
        }
        let literals = Self.literals(of: tree)
        let visible = Haystack(sources.visibleText)
        var places = sources.privateTexts.map { source in
            let secrets = PrivateText.secrets(of: source.text, isPython: source.place.hasSuffix(".py"))
            return (place: source.place, text: Haystack(secrets))
        }
        places.sort { $0.place.utf8.lexicographicallyPrecedes($1.place.utf8) }
        var hits: [String] = []
        for literal in literals {
            // What is private is little, what was seen may be much.
            let place =
                places.first { $0.text.hasWhole(literal.text) }?.place
                ?? (Self.hiddenPlaces.contains { literal.text.hasPrefix($0) } ? "a place that agents do not see" : nil)
            guard let place, !visible.has(literal.text) else { continue }
            hits.append("\(literal.file):\(literal.line): '\(literal.text)' is in \(place)")
        }
        let figures = ["literals": Double(literals.count), "leaks": Double(hits.count)]
        guard hits.isEmpty else {
            let more = hits.count > 3 ? ", and \(hits.count - 3) more" : ""
            return GateDecision(
                .leak,
                .failed,
                hits.prefix(3).joined(separator: "; ") + more + ", and no agent ever saw it",
                figures: figures
            )
        }
        return GateDecision(
            .leak,
            .passed,
            "none of \(literals.count) literals is from a test or a solution",
            figures: figures
        )
    }

    /// What every system has, and every script names, is nobody's secret.
    private static let commonPlaces = ["/dev/", "/bin/", "/usr/bin/", "/usr/local/bin/"]

    private static let hiddenPlaces = ["/tests/", "/solution/", "/logs/verifier"]

    struct Literal: Hashable {
        let file: String
        let line: Int
        let text: String
    }

    /// What could be a secret: numbers of four digits that count, and words of six characters or more that are no plain words.
    ///
    /// A plain word has letters and hyphens only, no capitals within; it counts where it stands in quotes, as data does.
    static func literals(of tree: SkillTree) -> [Literal] {
        var seen: Set<String> = []
        var literals: [Literal] = []
        for path in tree.paths {
            guard let text = tree.files[path]?.text else { continue }
            let lines = PrivateText.withoutHereDocumentMarks(PrivateText.withPlainLineEnds(text))
            for (index, line) in lines.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                for word in words(of: line) where seen.insert(word).inserted {
                    literals.append(Literal(file: path, line: index + 1, text: word))
                }
            }
        }
        return literals
    }

    private static func words(of line: Substring) -> [String] {
        var found = line.split { !isPart($0) }.map { trimmed($0) }.filter(isTelling).map(String.init)
        for quote in ["\"", "'"] as [Character] {
            // Every second piece is inside.
            for (index, piece) in line.split(separator: quote, omittingEmptySubsequences: false).enumerated()
            where index % 2 == 1 && piece.count <= 200 && ownLength(piece) >= leastLength {
                found.append(String(piece))
            }
        }
        return found
    }

    /// How much of a piece is not filled in: of `{first} {last}` one character.
    private static func ownLength(_ piece: Substring) -> Int {
        var (own, rest) = (0, piece)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            own += rest[..<open].count
            rest = rest[close...].dropFirst()
        }
        return own + rest.count
    }

    private static func isPart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_-./:+@#".contains(character)
    }

    private static func trimmed(_ word: Substring) -> Substring {
        var word = word
        while let last = word.last, ".:-/#".contains(last) { word.removeLast() }
        while let first = word.first, ":#-".contains(first) { word.removeFirst() }
        return word
    }

    private static func isTelling(_ word: Substring) -> Bool {
        if word.allSatisfy({ $0.isNumber || $0 == "." }) {
            // Leading and trailing zeros count for nothing.
            var digits = word.filter(\.isNumber)[...]
            while digits.first == "0" { digits.removeFirst() }
            while digits.last == "0" { digits.removeLast() }
            return digits.count >= leastDigits
        }
        guard word.count >= leastLength, !commonPlaces.contains(where: { word.hasPrefix($0) }) else { return false }
        // `readCSV` and `CANARY` tell something, `Pitfalls` and `well-known` are plain.
        let capitals = zip(word, word.dropFirst()).contains { $0.isLetter && $1.isUppercase }
        return capitals || !word.allSatisfy { $0.isLetter || $0 == "-" }
    }
}

/// A text in which many words are looked for.
private struct Haystack {
    private let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    func has(_ word: String) -> Bool {
        !ByteSearch.occurrences(of: Array(word.utf8), in: bytes[...], limit: 1).isEmpty
    }

    /// Not as part of a longer word: who knows `PYTHON` need not have it from `PYTHONHASHSEED`.
    func hasWhole(_ word: String) -> Bool {
        let word = Array(word.utf8)
        return ByteSearch.occurrences(of: word, in: bytes[...], limit: .max).contains { start in
            let end = start + word.count
            let goesOn = end < bytes.count && Self.isWord(word[word.count - 1]) && Self.isWord(bytes[end])
            return !goesOn && !(Self.isWord(word[0]) && hasWord(before: start))
        }
    }

    /// The `n` of `\n48213` is no word, but an escape in a string.
    private func hasWord(before end: Int) -> Bool {
        let before = bytes[..<end]
        let start = before.lastIndex { !Self.isWord($0) }.map { $0 + 1 } ?? 0
        return start < end && (start == 0 || bytes[start - 1] != UInt8(ascii: "\\"))
    }

    /// Letters beyond ASCII are none, nor are signs like `€`: rather a hit too many.
    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_")
            || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
            || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
    }
}
