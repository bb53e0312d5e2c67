/// A statement cut into words and what stands between them, so that runs can be laid side by side.
struct StatementTokens: Sendable, Hashable {
    struct Token: Sendable, Hashable {
        let text: String
        /// A word or a number; else a mark or blanks.
        let isAtom: Bool
        /// Inside quotes, and in code inside the code's quotes.
        let isQuoted: Bool
    }

    let tokens: [Token]

    init(_ statement: MinedStatement) {
        var tokens: [Token] = []
        var quotes: [Character] = []
        // In code that a shell is given in quotes, the outer ones only wrap it.
        var isBody = false
        // `f"{name}"`: what stands in braces is code again.
        var braces = 0
        var rest = Substring(statement.text)
        while let first = rest.first {
            let atom = rest.prefix { Self.isAtomPart($0) }
            if !atom.isEmpty {
                let depth = statement.holdsCode && !isBody ? 2 : 1
                tokens.append(Token(text: String(atom), isAtom: true, isQuoted: quotes.count >= depth && braces == 0))
                rest = rest.dropFirst(atom.count)
                continue
            }
            let isEscape = first == "\\" && rest.dropFirst().first?.isWhitespace == false
            let length = first.isWhitespace ? rest.prefix(while: \.isWhitespace).count : isEscape ? 2 : 1
            let mark = String(rest.prefix(length))
            if !quotes.isEmpty, first == "{" { braces += 1 }
            if first == "}" { braces = max(0, braces - 1) }
            if first == "'" || first == "\"" {
                if quotes.last == first { quotes.removeLast() } else if !quotes.contains(first) { quotes.append(first) }
            }
            if mark.contains("\n"), statement.holdsCode, !isBody, quotes.isEmpty {
                isBody = true
            } else if mark.contains("\n"), isBody {
                quotes = []
                braces = 0
            }
            tokens.append(Token(text: mark, isAtom: false, isQuoted: false))
            rest = rest.dropFirst(length)
        }
        self.tokens = tokens
    }

    /// Whether names and flags are all that there is: then its kind says it all, but for the order.
    func isDetermined(names: Set<String>) -> Bool {
        tokens.allSatisfy { !$0.isAtom || $0.text.hasPrefix("-") || names.contains($0.text) }
    }

    private static func isAtomPart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_.-+%".contains(character)
    }

    /// Equal for statements that differ only in words that may vary.
    func skeleton(names: Set<String>) -> String {
        tokens.map { token in
            let isFixed = !token.isAtom || token.text.hasPrefix("-") || names.contains(token.text)
            return isFixed ? token.text : "\u{1}"
        }
        .joined()
    }
}
