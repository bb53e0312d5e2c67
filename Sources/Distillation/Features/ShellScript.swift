/// A command without its pipes: what is run, with what, from and to which files.
struct ShellCommand: Sendable, Hashable {
    /// `NAME=value` before the program.
    var assignments: [String] = []
    /// The program and its arguments.
    var words: [ShellWord] = []
    /// Operator and target, in order.
    var redirects: [Redirect] = []
    /// The text of a here-document, or what `<<<` gives.
    var input: String?

    struct Redirect: Sendable, Hashable {
        let mark: String
        let target: String
    }

    var isEmpty: Bool { assignments.isEmpty && words.isEmpty && redirects.isEmpty && input == nil }

    /// Files that it writes by redirection.
    var writtenFiles: [String] {
        redirects.filter { [">", ">>", ">|", "&>", "&>>"].contains($0.mark) && !$0.target.hasPrefix("/dev/") }
            .map(\.target)
    }
}

/// The smallest part of a script that stands for itself: a pipeline with its alternatives, or a whole loop.
struct ShellStatement: Sendable, Hashable {
    /// As it was written, here-documents included.
    let text: String
    /// Every command in it, also inside loops and substitutions, in the order of the text.
    let commands: [ShellCommand]
}

/// A script as statements, split where one could also have typed them one by one.
struct ShellScript: Sendable {
    private(set) var statements: [ShellStatement] = []

    /// Bytes of a script that are looked at; what is longer is data.
    static let maximumBytes = 256 << 10
    /// Scripts within scripts that are looked into.
    static let maximumDepth = 6

    init(_ source: String, depth: Int = 0) {
        let bytes = Array(source.utf8.prefix(Self.maximumBytes))
        let lexer = ShellLexer(bytes)
        var reader = StatementReader(lexer: lexer, bytes: bytes, depth: depth)
        for token in lexer.tokens { reader.take(token) }
        statements = reader.finish()
    }
}

/// Follows the grammar as far as it must know where a statement ends.
private struct StatementReader {
    private let lexer: ShellLexer
    private let bytes: [UInt8]
    private let depth: Int
    private var statements: [ShellStatement] = []
    private var commands: [ShellCommand] = []
    private var command = ShellCommand()
    private var start: Int?
    private var end = 0
    private var hereDocuments: [Int] = []
    private var redirect: String?
    /// What is open, the innermost last.
    private var blocks: [Block] = []
    /// Words that name no command: the head of a loop, of a `case`.
    private var isInHead = false
    /// Between `[[` and `]]` separators are operators.
    private var isInTest = false

    private enum Block { case group, casePattern, caseBody }

    init(lexer: ShellLexer, bytes: [UInt8], depth: Int) {
        self.lexer = lexer
        self.bytes = bytes
        self.depth = depth
    }

    mutating func take(_ token: ShellToken) {
        if start == nil, token.kind != .separator("\n"), token.kind != .separator(";") { start = token.start }
        switch token.kind {
        case .word(let word): take(word)
        case .redirect(let mark): redirect = mark
        case .hereDocument(let number):
            hereDocuments.append(number)
            command.input = lexer.hereDocuments[number].body
        case .separator(let mark):
            if isInTest { break }
            let endsStatement = separate(mark)
            if endsStatement { return endStatement() }
        }
        end = token.end
    }

    mutating func finish() -> [ShellStatement] {
        endCommand()
        endStatement()
        return statements
    }

    private mutating func take(_ word: ShellWord) {
        if depth < ShellScript.maximumDepth {
            for script in word.scripts {
                commands += ShellScript(script, depth: depth + 1).statements.flatMap(\.commands)
            }
        }
        if let mark = redirect {
            redirect = nil
            if mark == "<<<" { command.input = word.text }
            command.redirects.append(.init(mark: mark, target: word.text))
            return
        }
        if isInTest {
            if word.text == "]]" { isInTest = false }
            return
        }
        if blocks.last == .casePattern && !(word.text == "esac" && !word.isQuoted) {
            if isInHead && word.text == "in" { isInHead = false }
            return
        }
        if isInHead { return }
        if command.words.isEmpty && !word.isQuoted && keyword(word.text) { return }
        if command.words.isEmpty && Self.isAssignment(word.text) {
            command.assignments.append(word.text)
        } else {
            command.words.append(word)
        }
    }

    /// Whether the word belongs to the grammar, where a command could begin.
    private mutating func keyword(_ text: String) -> Bool {
        switch text {
        case "if", "while", "until", "{": blocks.append(.group)
        case "for", "select":
            blocks.append(.group)
            isInHead = true
        case "case":
            blocks.append(.casePattern)
            isInHead = true
        case "fi", "done", "}", "esac": _ = blocks.popLast()
        case "then", "else", "elif", "do", "!", "time", "function": break
        case "[[": isInTest = true
        default: return false
        }
        return true
    }

    /// Takes a separator; true when a statement ends before it.
    private mutating func separate(_ mark: String) -> Bool {
        switch mark {
        case "(":
            // `name() {`: the words so far name a function.
            if !command.words.isEmpty { command = ShellCommand() }
            if !isInHead && blocks.last != .casePattern { blocks.append(.group) }
            return false
        case ")":
            if blocks.last == .casePattern {
                blocks[blocks.count - 1] = .caseBody
            } else if !isInHead {
                endCommand()
                _ = blocks.popLast()
            }
            return false
        case ";;":
            endCommand()
            if blocks.last == .caseBody { blocks[blocks.count - 1] = .casePattern }
            return false
        case "|", "|&", "||":
            if blocks.last != .casePattern { endCommand() }
            return false
        default:
            isInHead = isInHead && blocks.last == .casePattern
            endCommand()
            // A newline after `|` or `||` goes on.
            let goesOn = mark == "\n" && endsInOperator
            return blocks.isEmpty && !goesOn
        }
    }

    private var endsInOperator: Bool {
        guard let start, end > start else { return false }
        return bytes[end - 1] == .pipe
    }

    private mutating func endCommand() {
        redirect = nil
        if !command.isEmpty { commands.append(command) }
        command = ShellCommand()
    }

    private mutating func endStatement() {
        defer {
            commands = []
            start = nil
            hereDocuments = []
            blocks = []
            isInHead = false
        }
        guard let start, !commands.isEmpty, end > start else { return }
        var text = String(decoding: bytes[start..<end], as: UTF8.self)
        for number in hereDocuments {
            let source = lexer.hereDocuments[number].source
            // Inside a loop the document is part of the text already.
            if !text.contains(source) || source.isEmpty { text += "\n" + source }
        }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        statements.append(ShellStatement(text: text, commands: commands))
    }

    private static func isAssignment(_ text: String) -> Bool {
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else { return false }
        var name = text[..<equals]
        if name.hasSuffix("+") { name = name.dropLast() }
        let bare = name.prefix { $0 != "[" }
        guard let first = bare.unicodeScalars.first else { return false }
        return (first == "_" || first.properties.isAlphabetic)
            && bare.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isAlphabetic || ("0"..."9").contains($0) }
    }
}
