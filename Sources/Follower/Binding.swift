import Skills

/// The values that placeholders could have, the likeliest first.
struct Binding: Sendable {
    /// Guesses beyond these are luck.
    static let mostAlternatives = 6
    /// What is known rather than guessed: nothing else is tried.
    private static let known = 10

    private(set) var candidates: [String: [String]] = [:]

    init(_ procedure: Procedure, _ seen: Surroundings) {
        let code = (procedure.steps + procedure.checks).map(\.code)
        let contexts = Dictionary(grouping: Context.all(in: code).filter(\.isPlaced), by: \.name)
        let pool = seen.pool
        let texts = Surroundings.unique(seen.files + seen.namedPaths + seen.quoted)
        var open = Surroundings.unique(code.flatMap(Placeholder.names)).map { name in
            Guess(name: name, clue: procedure.legend[name], pool: pool, seen)
        }
        var chosen: [String: String] = [:]
        // Who knows its value best chooses first; what it is then tells more of the words in which others stand.
        while !open.isEmpty {
            let ranked = open.map { guess in
                let fitting = (contexts[guess.name] ?? []).map { $0.filled(chosen).values(in: texts) }
                return guess.ranked(fitting: fitting, taken: Set(chosen.values))
            }
            let best =
                ranked.indices.max { (ranked[$0].first?.score ?? 0, -$0) < (ranked[$1].first?.score ?? 0, -$1) } ?? 0
            let name = open.remove(at: best).name
            let isKnown = (ranked[best].first?.score ?? 0) >= Self.known
            candidates[name] = ranked[best].prefix(isKnown ? 1 : Self.mostAlternatives).map(\.value)
            chosen[name] = candidates[name]?.first
        }
    }

    /// What one placeholder could stand for, and what speaks for it apart from where it stands.
    private struct Guess {
        typealias Ranked = (value: String, score: Int)

        let name: String
        private let values: [Ranked]

        init(name: String, clue: PlaceholderClue?, pool: [String], _ seen: Surroundings) {
            self.name = name
            let anchored = clue?.anchor?.value(in: seen.instruction)
            let kind = Kind(name, seen)
            let shapes = Set((clue?.examples ?? []).map(Self.shape))
            let quoted = Set(seen.quoted)
            let all = Surroundings.unique((anchored.map { [$0] } ?? []) + pool)
            values = all.compactMap { value in
                guard value == anchored || kind.allows(value) else { return nil }
                let score =
                    (value == anchored ? Binding.known : 0) + (quoted.contains(value) ? 1 : 0)
                    + (shapes.contains(Self.shape(value)) ? 1 : 0) + kind.favour(value)
                return (value, score)
            }
        }

        /// The likeliest first; of equals, the first in the pool.
        ///
        /// What nothing speaks for is left out.
        func ranked(fitting: [Set<String>], taken: Set<String>) -> [Ranked] {
            let scored = values.enumerated().map { place, entry in
                let fits = 3 * fitting.count { $0.contains(entry.value) }
                return (place, entry.value, entry.score + fits, taken.contains(entry.value) ? 3 : 0)
            }
            return scored.filter { $0.2 > 0 }.sorted { ($0.3 - $0.2, $0.0) < ($1.3 - $1.2, $1.0) }.map {
                ($0.1, $0.2 - $0.3)
            }
        }

        /// What kind of word it is, without what it says.
        private static func shape(_ value: String) -> String {
            var shape = ""
            for character in value {
                let kind: Character = character.isNumber ? "9" : character.isLetter ? "a" : character
                if shape.last != kind { shape.append(kind) }
            }
            return shape
        }
    }

    /// What a placeholder's name says of its values.
    private struct Kind {
        private enum Form { case number, directory, file(suffix: String), any }
        private let form: Form
        /// Paths, names and directories of what the name speaks of: `source` is there, `target` is to be made.
        private let favoured: Set<String>
        private let directories: Set<String>

        init(_ name: String, _ seen: Surroundings) {
            directories = Set(seen.directories)
            let words = Set(name.split { $0 == "-" || $0 == "_" }.map(String.init))
            if words.contains("number") {
                form = .number
            } else if name.hasSuffix("directory") {
                form = .directory
            } else if let end = name.firstRange(of: "-file")?.lowerBound, seen.hasSuffix(String(name[..<end])) {
                form = .file(suffix: String(name[..<end]))
            } else {
                form = .any
            }
            let isMade = !words.isDisjoint(with: ["target", "output", "result", "report"])
            let isThere = !words.isDisjoint(with: ["source", "input", "feed", "root", "evidence"])
            favoured =
                isMade
                ? Set(seen.madePaths) : isThere ? Set(seen.files + seen.namedPaths).subtracting(seen.madePaths) : []
        }

        func allows(_ value: String) -> Bool {
            guard value.count <= 200, !value.contains(where: { $0.isWhitespace || $0 == "'" }) else { return false }
            switch form {
            case .number: return Double(value) != nil
            case .directory: return directories.contains(value)
            case .file(let suffix): return Surroundings.suffix(of: value) == suffix && !value.contains("/")
            case .any: return true
            }
        }

        func favour(_ value: String) -> Int {
            let named = favoured.contains { path in
                path == value || path.hasPrefix(value + "/") || path.hasSuffix("/" + value)
            }
            switch form {
            case .any: return named ? 2 : 0
            case .number, .directory, .file: return named ? 3 : 1
            }
        }
    }
}
