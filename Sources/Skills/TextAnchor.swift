/// Where in a text a value stands: behind one thing, before another.
///
/// Blanks count as one, and backquotes as quotes: an anchor is written in Markdown's backquotes itself.
package struct TextAnchor: Sendable, Hashable {
    /// What comes right before the value; empty where anything may.
    package let after: String
    /// What comes right behind it.
    package let before: String

    package init(after: String, before: String) {
        self.after = Self.normalised(after)
        self.before = Self.normalised(before)
    }

    /// The first value that the text has there.
    package func value(in text: String) -> String? {
        let text = Self.normalised(text)
        var start = text.startIndex
        while let found = next(in: text[start...]) {
            let rest = text[found...]
            let value = rest.prefix(while: Self.isValuePart)
            let trimmed = value.trimmingEnd { $0 == "." || $0 == "-" }
            for candidate in [trimmed, value] where candidate.contains(where: { $0.isLetter || $0.isNumber }) {
                if text[candidate.endIndex...].hasPrefix(before) { return String(candidate) }
            }
            guard found < text.endIndex else { return nil }
            start = after.isEmpty ? max(value.endIndex, text.index(after: found)) : found
        }
        return nil
    }

    /// Where a value could begin.
    private func next(in text: Substring) -> Substring.Index? {
        if after.isEmpty { return text.firstIndex(where: Self.isValuePart) }
        return text.firstRange(of: after)?.upperBound
    }

    /// Letters, digits and the marks that names have.
    package static func isValuePart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_.-+%".contains(character)
    }

    /// Each run of blanks as one, and backquotes as quotes.
    package static func normalised(_ text: String) -> String {
        var result = ""
        var isBlank = false
        for character in text {
            if character.isWhitespace {
                if !isBlank { result.append(" ") }
                isBlank = true
            } else {
                result.append(character == "`" ? "'" : character)
                isBlank = false
            }
        }
        return result
    }
}

extension Substring {
    fileprivate func trimmingEnd(_ isDropped: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, isDropped(last) { text.removeLast() }
        return text
    }
}
