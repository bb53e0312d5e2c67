/// Python source as the scanner sees it: names, marks and line ends; comments are dropped, strings are `""`.
enum PythonToken: Sendable, Equatable {
    case name(String)
    case mark(Character)
    case string
    case lineEnd

    /// Reads any text; an unclosed string ends at the end of its line, or of the text.
    static func tokens(of source: String) -> [PythonToken] {
        var tokens: [PythonToken] = []
        let characters = Array(source.unicodeScalars)
        var position = 0
        var brackets = 0
        while position < characters.count {
            let character = characters[position]
            switch character {
            case "#": while position < characters.count, characters[position] != "\n" { position += 1 }
            case "\\" where position + 1 < characters.count && characters[position + 1] == "\n": position += 2
            case "\n":
                if brackets == 0 { tokens.append(.lineEnd) }
                position += 1
            case ";":
                tokens.append(.lineEnd)
                position += 1
            case "'", "\"":
                position = end(ofString: characters, from: position)
                tokens.append(.string)
            default:
                if isNameStart(character) {
                    let start = position
                    while position < characters.count, isNamePart(characters[position]) { position += 1 }
                    let next = position < characters.count ? characters[position] : " "
                    // `f"…"`: the prefix belongs to the string.
                    if next == "'" || next == "\"", position - start <= 2 { continue }
                    tokens.append(.name(String(String.UnicodeScalarView(characters[start..<position]))))
                } else {
                    if "([{".unicodeScalars.contains(character) { brackets += 1 }
                    if ")]}".unicodeScalars.contains(character) { brackets = max(0, brackets - 1) }
                    if !character.properties.isWhitespace { tokens.append(.mark(Character(character))) }
                    position += 1
                }
            }
        }
        tokens.append(.lineEnd)
        return tokens
    }

    private static func end(ofString characters: [Unicode.Scalar], from start: Int) -> Int {
        let quote = characters[start]
        let isLong = start + 2 < characters.count && characters[start + 1] == quote && characters[start + 2] == quote
        var position = start + (isLong ? 3 : 1)
        while position < characters.count {
            if characters[position] == "\\" {
                position += 2
            } else if !isLong && (characters[position] == quote || characters[position] == "\n") {
                return characters[position] == quote ? position + 1 : position
            } else if isLong, characters[position...].prefix(3).allSatisfy({ $0 == quote }),
                position + 2 < characters.count
            {
                return position + 3
            } else {
                position += 1
            }
        }
        return characters.count
    }

    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        isNameStart(scalar) || scalar.properties.numericType != nil
    }
}
