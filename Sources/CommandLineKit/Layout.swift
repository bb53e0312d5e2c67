/// Widths, padding and wrapping of text in terminal columns.
package enum Layout {
    /// Columns that a terminal needs; wide scripts and emoji count two.
    ///
    /// An estimate: terminals disagree on the rest.
    package static func columns(_ text: String) -> Int {
        text.reduce(0) { $0 + columns($1) }
    }

    static func columns(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first, scalar.value >= 0x1100 else { return 1 }
        let isWide =
            scalar.properties.isEmojiPresentation
            || [0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60]
                .contains { $0.contains(Int(scalar.value)) }
            || (0x20000...0x3FFFD).contains(scalar.value)
        return isWide ? 2 : 1
    }

    /// Adds spaces up to `width` columns, at the right or, with `leading`, at the left.
    package static func pad(_ text: String, to width: Int, leading: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - columns(text)))
        return leading ? space + text : text + space
    }

    /// Cuts to `width` columns; a cut is shown by `…`.
    package static func truncate(_ text: String, to width: Int) -> String {
        guard columns(text) > width else { return text }
        guard width > 0 else { return "" }
        var result = ""
        var used = 0
        for character in text {
            let next = columns(character)
            if used + next > width - 1 { break }
            result.append(character)
            used += next
        }
        return result + "…"
    }

    /// Breaks at spaces; a word longer than `width` stays whole.
    package static func wrap(_ text: String, _ width: Int) -> String {
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            for word in paragraph.split(separator: " ") {
                if !line.isEmpty, columns(line) + 1 + columns(String(word)) > width {
                    lines.append(line)
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }
}
