import CommandLineKit

/// A line of output in styled pieces; what is untrusted in it has been made harmless.
struct Line: Sendable, Equatable {
    struct Piece: Sendable, Equatable {
        var text: String
        var style: Style?
    }
    var pieces: [Piece]
    /// On a terminal the line is cut at its width; others are wrapped by it.
    private var isCut = false

    init(_ text: String, _ style: Style? = nil) {
        pieces = [Piece(text: Escaping.singleLine(text), style: style)]
    }

    static func + (left: Line, right: Line) -> Line {
        var line = left
        line.pieces += right.pieces
        return line
    }

    /// The same line, which must stay one on a terminal.
    func cut() -> Line {
        var line = self
        line.isCut = true
        return line
    }

    /// The text without styles.
    var text: String { pieces.map(\.text).joined() }

    /// The text for this terminal, without a newline.
    func render(for terminal: Terminal) -> String {
        render(width: terminal.isTerminal && isCut ? terminal.width : nil, paint: terminal.paint)
    }

    func render(width: Int?, paint: (String, Style?) -> String) -> String {
        guard var left = width else { return pieces.map { paint($0.text, $0.style) }.joined() }
        return pieces.map { piece in
            let text = Layout.truncate(piece.text, to: left)
            left = max(0, left - Layout.columns(text))
            return paint(text, piece.style)
        }.joined()
    }
}

extension Terminal {
    /// Prints each line.
    func print(_ lines: [Line]) {
        write(lines.map { $0.render(for: self) + "\n" }.joined())
    }
}
