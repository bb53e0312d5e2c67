import CommandLineKit

/// A line of output in styled pieces; what is untrusted in it has been made harmless.
struct Line: Sendable, Equatable {
    struct Piece: Sendable, Equatable {
        var text: String
        var style: Style?
    }
    var pieces: [Piece]

    init(_ text: String, _ style: Style? = nil) {
        pieces = [Piece(text: Escaping.singleLine(text), style: style)]
    }

    static func + (left: Line, right: Line) -> Line {
        var line = left
        line.pieces += right.pieces
        return line
    }

    /// The text without styles.
    var text: String { pieces.map(\.text).joined() }

    /// The text for this terminal, cut to its width, without a newline.
    func render(for terminal: Terminal) -> String {
        guard terminal.isTerminal else { return text }
        var left = terminal.width
        return pieces.map { piece in
            let text = Layout.truncate(piece.text, to: left)
            left = max(0, left - Layout.columns(text))
            return left > 0 || !text.isEmpty ? terminal.paint(text, piece.style) : ""
        }.joined()
    }
}

extension Terminal {
    /// Prints each line; long ones are cut only on a terminal.
    func print(_ lines: [Line]) {
        write(lines.map { $0.render(for: self) + "\n" }.joined())
    }
}
