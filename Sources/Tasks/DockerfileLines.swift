/// A Dockerfile's lines put together: continued ones are one, comments are gone, here-documents are with their instruction.
enum DockerfileLines {
    struct Line {
        let number: Int
        let keyword: String
        let rest: String
        /// The here-document that the instruction ends with: the word that ends it, and its content.
        var document: (word: String, content: String)?
    }

    static func logical(_ text: String) throws(DockerfileError) -> [Line] {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
        var found: [Line] = []
        var index = 0
        while index < lines.count {
            let number = index + 1
            var whole = ""
            var isOpen = true
            while isOpen, index < lines.count {
                let line = lines[index]
                index += 1
                let trimmed = trim(line)
                if number == 1, trimmed.lowercased().replacing(" ", with: "").hasPrefix("#escape=`") {
                    throw DockerfileError(line: 1, "another escape character than \\ is not supported")
                }
                if trimmed.isEmpty || trimmed.hasPrefix("#") {
                    if whole.isEmpty { isOpen = false }
                    continue
                }
                let end = trimTail(line)
                isOpen = end.hasSuffix("\\")
                whole += isOpen ? String(end.dropLast()) : line
            }
            let instruction = trim(whole)
            guard !instruction.isEmpty else { continue }
            let keyword = instruction.prefix { !$0.isWhitespace }
            var line = Line(
                number: number,
                keyword: keyword.uppercased(),
                rest: trim(String(instruction.dropFirst(keyword.count)))
            )
            if let mark = hereMark(line) {
                line.document = (mark.word, try document(mark, lines, &index, number))
            }
            found.append(line)
        }
        return found
    }

    /// The word that ends the here-document of RUN, COPY or ADD, and whether tabs before it are dropped.
    private static func hereMark(_ line: Line) -> (word: String, dropsTabs: Bool)? {
        guard ["RUN", "COPY", "ADD"].contains(line.keyword), let start = line.rest.firstRange(of: "<<") else {
            return nil
        }
        var rest = line.rest[start.upperBound...]
        guard rest.first != "<" else { return nil }
        let dropsTabs = rest.first == "-"
        if dropsTabs { rest = rest.dropFirst() }
        let quote = rest.first.flatMap { $0 == "'" || $0 == "\"" ? $0 : nil }
        if quote != nil { rest = rest.dropFirst() }
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return word.isEmpty ? nil : (String(word), dropsTabs)
    }

    private static func document(
        _ mark: (word: String, dropsTabs: Bool),
        _ lines: [String],
        _ index: inout Int,
        _ number: Int
    ) throws(DockerfileError) -> String {
        var content = ""
        while index < lines.count {
            let line = mark.dropsTabs ? String(lines[index].drop { $0 == "\t" }) : lines[index]
            index += 1
            if line == mark.word { return content }
            content += line + "\n"
        }
        throw DockerfileError(line: number, "the here-document '\(mark.word)' does not end")
    }

    static func trim(_ text: String) -> String { trimTail(String(text.drop(while: \.isWhitespace))) }

    private static func trimTail(_ text: String) -> String {
        var text = text
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
