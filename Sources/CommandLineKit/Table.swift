/// Rows under a header, as wide as needed and, on a terminal, never wider than it.
package struct Table: Sendable {
    package enum Alignment: Sendable {
        case left, right
    }
    package struct Column: Sendable {
        package var title: String
        package var alignment: Alignment
        /// Gives up columns first when the terminal is too narrow.
        package var shrinks: Bool

        package init(_ title: String, _ alignment: Alignment = .left, shrinks: Bool = false) {
            self.title = title
            self.alignment = alignment
            self.shrinks = shrinks
        }
    }
    package struct Cell: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        package var text: String
        package var style: Style?

        /// Untrusted text is welcome: it is shown on one line without control characters.
        package init(_ text: String, _ style: Style? = nil) {
            self.text = Escaping.singleLine(text)
            self.style = style
        }

        package init(stringLiteral value: String) {
            self.init(value)
        }
    }

    package let columns: [Column]
    package private(set) var rows: [[Cell]] = []
    private let gap = 2
    /// A column that shrinks keeps at least this much.
    private let narrowest = 8

    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row; it must have as many cells as there are columns.
    package mutating func append(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row needs one cell for each column")
        rows.append(row)
    }

    /// The text with a newline at each line's end, for this terminal.
    package func render(for terminal: Terminal) -> String {
        render(width: terminal.isTerminal ? terminal.width : nil, paint: terminal.paint)
    }

    func render(width: Int?, paint: (String, Style?) -> String) -> String {
        let widths = fitted(to: width)
        let header = columns.map { Cell($0.title, .bold) }
        return ([header] + rows).map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                let text = Layout.truncate(cell.text, to: widths[index])
                let isLast = index == row.count - 1
                let padded =
                    isLast && columns[index].alignment == .left
                    ? text : Layout.pad(text, to: widths[index], leading: columns[index].alignment == .right)
                line += paint(padded, cell.style) + (isLast ? "" : String(repeating: " ", count: gap))
            }
            return line + "\n"
        }.joined()
    }

    /// Takes from the widest column that may shrink, one column of text at a time, until all fit.
    private func fitted(to width: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index].text }).map(Layout.columns).max() ?? 0
        }
        guard let width else { return widths }
        while widths.reduce(gap * (columns.count - 1), +) > width {
            let candidates = columns.indices.filter { columns[$0].shrinks && widths[$0] > narrowest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }
}
