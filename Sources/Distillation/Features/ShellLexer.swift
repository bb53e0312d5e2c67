/// One word of a shell command with its quotes taken off; what it expands to is not known here.
struct ShellWord: Sendable, Hashable {
    /// The text; expansions stand in it as they were written.
    var text = ""
    /// Any part was quoted or escaped, so that it is no keyword.
    var isQuoted = false
    /// What stands in `$(…)`, backquotes and `<(…)`.
    var scripts: [String] = []
}

/// What a script is made of.
struct ShellToken: Sendable {
    enum Kind: Sendable, Equatable {
        case word(ShellWord)
        /// One of `; & && || | |& ;; ( )` and the newline.
        case separator(String)
        /// `>`, `>>`, `<`, `<<<`, `>&` and the like; the target is the next word.
        case redirect(String)
        /// The here-document with this number.
        case hereDocument(Int)
    }

    let kind: Kind
    let start: Int
    let end: Int
}

/// The text after `<<`.
struct HereDocument: Sendable {
    let delimiter: String
    let stripsTabs: Bool
    /// Without the line of the delimiter.
    var body = ""
    /// With it, as it stands in the script.
    var source = ""
}

/// Cuts a shell script into tokens; it takes any text, and gives up on nothing.
///
/// It knows the quoting of POSIX sh and the words of bash that agents use. An unclosed quote ends at the end of the text.
struct ShellLexer {
    private(set) var tokens: [ShellToken] = []
    private(set) var hereDocuments: [HereDocument] = []
    private let bytes: [UInt8]
    private var position = 0
    private var pending: [Int] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        while let byte = peek() { lex(byte) }
        readHereDocuments()
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private func has(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { wanted in
            position + wanted.count <= bytes.count && zip(wanted, bytes[position...]).allSatisfy { $0 == $1 }
        }
    }

    private mutating func lex(_ byte: UInt8) {
        switch byte {
        case .space, .tab, .carriageReturn: position += 1
        case .backslash where peek(1) == .newline: position += 2
        case .hash: while let next = peek(), next != .newline { position += 1 }
        case .newline:
            take(1)
            readHereDocuments()
        case .semicolon: take(has(";;") ? 2 : 1)
        case .ampersand where has("&>"): redirect(has("&>>") ? 3 : 2)
        case .ampersand: take(has("&&") ? 2 : 1)
        case .pipe: take(has("||") || has("|&") ? 2 : 1)
        case .open, .close: take(1)
        case .less where has("<(") || has("<<<") || has("<<"): lessThan()
        case .greater where has(">("): word()
        case .less, .greater: redirect(redirectLength())
        default: descriptorOrWord(byte)
        }
    }

    private mutating func take(_ count: Int) {
        let text = String(decoding: bytes[position..<position + count], as: UTF8.self)
        tokens.append(ShellToken(kind: .separator(text), start: position, end: position + count))
        position += count
    }

    private mutating func redirect(_ count: Int) {
        let text = String(decoding: bytes[position..<min(position + count, bytes.count)], as: UTF8.self)
        tokens.append(ShellToken(kind: .redirect(text), start: position, end: position + count))
        position += count
    }

    private func redirectLength() -> Int {
        for two in [">>", ">&", ">|", "<&", "<>"] as [StaticString] where has(two) { return 2 }
        return 1
    }

    /// `2>`: the number belongs to the redirection.
    private mutating func descriptorOrWord(_ byte: UInt8) {
        var digits = 0
        while let digit = peek(digits), digit.isDigit { digits += 1 }
        if digits > 0, let next = peek(digits), next == .less || next == .greater {
            position += digits
            return
        }
        word()
    }

    private mutating func lessThan() {
        if has("<(") { return word() }
        if has("<<<") { return redirect(3) }
        let start = position
        position += 2
        let stripsTabs = peek() == .minus
        if stripsTabs { position += 1 }
        while peek() == .space || peek() == .tab { position += 1 }
        let delimiter = readWord()
        hereDocuments.append(HereDocument(delimiter: delimiter.text, stripsTabs: stripsTabs))
        pending.append(hereDocuments.count - 1)
        tokens.append(ShellToken(kind: .hereDocument(hereDocuments.count - 1), start: start, end: position))
    }

    private mutating func readHereDocuments() {
        for index in pending {
            let start = position
            var lines: [Substring] = []
            while position < bytes.count {
                let end = bytes[position...].firstIndex(of: .newline) ?? bytes.count
                var line = Substring(decoding: bytes[position..<end], as: UTF8.self)
                position = min(end + 1, bytes.count)
                if hereDocuments[index].stripsTabs { line = line.drop { $0 == "\t" } }
                if line == hereDocuments[index].delimiter { break }
                lines.append(line)
            }
            hereDocuments[index].body = lines.joined(separator: "\n") + (lines.isEmpty ? "" : "\n")
            hereDocuments[index].source = String(decoding: bytes[start..<position], as: UTF8.self)
        }
        pending = []
    }

    private mutating func word() {
        let start = position
        let word = readWord()
        // What is no word, and was not taken, would stop the lexer.
        if position == start { position += 1 }
        tokens.append(ShellToken(kind: .word(word), start: start, end: position))
    }

    private mutating func readWord() -> ShellWord {
        var word = ShellWord()
        var text: [UInt8] = []
        scan: while let byte = peek() {
            switch byte {
            case .space, .tab, .newline, .semicolon, .ampersand, .pipe, .close: break scan
            case .carriageReturn where peek(1) == .newline: break scan
            case .less where has("<("), .greater where has(">("):
                word.scripts.append(nested(opening: 2, into: &text))
            case .less, .greater: break scan
            case .open:
                // `X=(a b)` is one word; else the parenthesis is not part of any.
                guard text.last == UInt8(ascii: "=") else { break scan }
                _ = nested(opening: 1, into: &text)
            case .backslash:
                if peek(1) == .newline {
                    position += 2
                } else {
                    word.isQuoted = true
                    if let next = peek(1) { text.append(next) }
                    position = min(position + 2, bytes.count)
                }
            case .singleQuote: singleQuoted(into: &text, word: &word)
            case .doubleQuote: doubleQuoted(into: &text, word: &word)
            case .dollar where has("$'"):
                position += 1
                singleQuoted(into: &text, word: &word)
            case .dollar, .backquote: expansion(into: &text, word: &word)
            default:
                text.append(byte)
                position += 1
            }
        }
        word.text = String(decoding: text, as: UTF8.self)
        return word
    }

    private mutating func singleQuoted(into text: inout [UInt8], word: inout ShellWord) {
        word.isQuoted = true
        let end = bytes[(position + 1)...].firstIndex(of: .singleQuote) ?? bytes.count
        text += bytes[(position + 1)..<end]
        position = min(end + 1, bytes.count)
    }

    private mutating func doubleQuoted(into text: inout [UInt8], word: inout ShellWord) {
        word.isQuoted = true
        position += 1
        while let byte = peek(), byte != .doubleQuote {
            switch byte {
            case .backslash:
                if let next = peek(1), [.dollar, .backquote, .doubleQuote, .backslash].contains(next) {
                    text.append(next)
                } else if let next = peek(1), next != .newline {
                    text += [byte, next]
                }
                position = min(position + 2, bytes.count)
            case .dollar, .backquote: expansion(into: &text, word: &word)
            default:
                text.append(byte)
                position += 1
            }
        }
        position = min(position + 1, bytes.count)
    }

    /// `$x`, `${x}`, `$((…))`, `$(…)` and backquotes: kept as written, and scripts noted.
    private mutating func expansion(into text: inout [UInt8], word: inout ShellWord) {
        if has("$((") || has("${") {
            _ = nested(opening: 2, into: &text)
        } else if has("$(") {
            word.scripts.append(nested(opening: 2, into: &text))
        } else if peek() == .backquote {
            let end = bytes[(position + 1)...].firstIndex(of: .backquote) ?? bytes.count
            word.scripts.append(String(decoding: bytes[(position + 1)..<end], as: UTF8.self))
            text += bytes[position..<min(end + 1, bytes.count)]
            position = min(end + 1, bytes.count)
        } else {
            text.append(.dollar)
            position += 1
        }
    }

    /// Takes brackets that may hold brackets and quotes; returns what is inside.
    private mutating func nested(opening: Int, into text: inout [UInt8]) -> String {
        let start = position
        let isBrace = bytes[position + opening - 1] == UInt8(ascii: "{")
        let (open, close) = isBrace ? (UInt8(ascii: "{"), UInt8(ascii: "}")) : (UInt8.open, UInt8.close)
        var depth = 1
        position += opening
        let inner = position
        while let byte = peek(), depth > 0 {
            position += 1
            switch byte {
            case .backslash: position = min(position + 1, bytes.count)
            case .singleQuote, .doubleQuote:
                while let quoted = peek(), quoted != byte {
                    position = min(position + (quoted == .backslash && byte == .doubleQuote ? 2 : 1), bytes.count)
                }
                position = min(position + 1, bytes.count)
            case open: depth += 1
            case close: depth -= 1
            default: break
            }
        }
        text += bytes[start..<position]
        return String(decoding: bytes[inner..<max(inner, depth == 0 ? position - 1 : position)], as: UTF8.self)
    }
}

extension UInt8 {
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let tab = UInt8(ascii: "\t")
    static let space = UInt8(ascii: " ")
    static let hash = UInt8(ascii: "#")
    static let dollar = UInt8(ascii: "$")
    static let ampersand = UInt8(ascii: "&")
    static let singleQuote = UInt8(ascii: "'")
    static let doubleQuote = UInt8(ascii: "\"")
    static let open = UInt8(ascii: "(")
    static let close = UInt8(ascii: ")")
    static let minus = UInt8(ascii: "-")
    static let semicolon = UInt8(ascii: ";")
    static let less = UInt8(ascii: "<")
    static let greater = UInt8(ascii: ">")
    static let backslash = UInt8(ascii: "\\")
    static let backquote = UInt8(ascii: "`")
    static let pipe = UInt8(ascii: "|")

    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
