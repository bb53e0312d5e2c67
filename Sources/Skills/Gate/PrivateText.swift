/// A text that agents do not see, without what is no secret in it: the words of the language that it is written in.
///
/// Of every text the marks of here-documents and the paths of programs go, of Python what it imports and what is written with a dot (`csv.reader`,
/// `.strip`). Strings, comments, numbers and names of its own stay, and so does what has a digit in it.
enum PrivateText {
    static func secrets(of text: String, isPython: Bool) -> String {
        let rest = withoutPrograms(withoutHereDocumentMarks(withPlainLineEnds(text)))
        return isPython ? withoutLibraryNames(rest) : rest
    }

    /// `\r\n` is one `Character`, and another one than `\n`.
    static func withPlainLineEnds(_ text: String) -> String {
        String(text.map { $0.isNewline ? "\n" : $0 })
    }

    // MARK: Shell

    /// `/usr/bin/python3` is on every system.
    private static func withoutPrograms(_ text: String) -> String {
        let pieces = text.split(separator: "/bin/", omittingEmptySubsequences: false)
        let rest = pieces.dropFirst().map { $0.drop { isName($0) || $0.isNumber || "-+.".contains($0) } }
        return ([pieces[0]] + rest).joined(separator: "/bin/")
    }

    /// As many lines as before.
    static func withoutHereDocumentMarks(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let marks = Set(lines.flatMap { mark(in: $0) })
        guard !marks.isEmpty else { return text }
        return lines.map { line -> String in
            if marks.contains(String(line.filter { $0 != " " && $0 != "\t" })) { return "" }
            guard let start = opening(in: line) else { return String(line) }
            // What follows on the line is a command's, or nothing.
            let rest = line[start...].drop { "<-'\"".contains($0) || isName($0) }
            return line[..<start] + " " + rest
        }.joined(separator: "\n")
    }

    /// The mark that a line announces; only capitals and underscores make one that is nobody's secret.
    private static func mark(in line: Substring) -> [String] {
        guard let start = opening(in: line) else { return [] }
        return [String(line[start...].drop { "<-'\"".contains($0) }.prefix(while: isName))]
    }

    private static func opening(in line: Substring) -> Substring.Index? {
        var place = line.startIndex
        while let less = line[place...].firstIndex(of: "<") {
            let rest = line[less...].dropFirst()
            if rest.first == "<", rest.dropFirst().first != "<" {
                let name = rest.drop { "<-'\"".contains($0) }
                let mark = name.prefix { $0 == "_" || ($0.isASCII && $0.isUppercase) }
                let next = name.dropFirst(mark.count).first
                if !mark.isEmpty, next.map({ !$0.isNumber && !$0.isLetter && !"-.".contains($0) }) ?? true {
                    return less
                }
            }
            place = line.index(after: less)
            while place < line.endIndex, line[place] == "<" { place = line.index(after: place) }
        }
        return nil
    }

    private static func isName(_ character: Character) -> Bool {
        character == "_" || (character.isASCII && character.isLetter)
    }

    // MARK: Python

    private static func withoutLibraryNames(_ text: String) -> String {
        var scanner = PythonScanner(text)
        return scanner.run()
    }

    /// Copies a program, and leaves out names with dots and imports that stand outside of strings and comments.
    private struct PythonScanner {
        private let text: [Character]
        private var place = 0
        private var copy = ""

        init(_ text: String) { self.text = Array(text) }

        mutating func run() -> String {
            while place < text.count {
                switch text[place] {
                case "#": copyLine()
                case "'", "\"": copyString()
                case let character where PrivateText.isName(character) || character == ".": takeName()
                default: copyOne()
                }
            }
            return copy
        }

        private mutating func copyOne() {
            copy.append(text[place])
            place += 1
        }

        private mutating func copyLine() {
            while place < text.count, text[place] != "\n" { copyOne() }
        }

        private func isAt(_ quote: [Character]) -> Bool { text[place...].starts(with: quote) }

        private mutating func copyString() {
            let one = [text[place]]
            let quote = isAt(one + one + one) ? one + one + one : one
            for _ in quote { copyOne() }
            while place < text.count, !isAt(quote) {
                // A short string ends with its line, whatever it looks like.
                if text[place] == "\n", quote.count == 1 { return }
                if text[place] == "\\", place + 1 < text.count { copyOne() }
                copyOne()
            }
            for _ in quote where place < text.count { copyOne() }
        }

        /// A name with its dots, or what an import names.
        private mutating func takeName() {
            let start = place
            while place < text.count, PrivateText.isName(text[place]) || text[place].isNumber || text[place] == "." {
                place += 1
            }
            let name = text[start..<place]
            let line = text[..<start].reversed().prefix { $0 != "\n" }
            let isFirst = line.allSatisfy { $0 == " " || $0 == "\t" }
            if isFirst, name.elementsEqual("import") || name.elementsEqual("from") {
                while place < text.count, !"\n#;".contains(text[place]) { place += 1 }
                copy.append(" ")
            } else if name.contains("."), !name.contains(where: \.isNumber) {
                copy.append(" ")
            } else {
                copy.append(contentsOf: name)
            }
        }
    }
}
