/// Characters that people do not see and programs read: the usual way to hide instructions in a text.
enum HiddenCharacters {
    /// Whether a character has no form of its own, or turns those around it about.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Soft hyphen, fillers, Mongolian separator, braille blank.
        case 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b...0x180f, 0x2800, 0x3164, 0xffa0: true
        // Zero width, marks and overrides of direction, line and paragraph separators.
        case 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff, 0xfff9...0xfffb: true
        // Tags and the second set of variation selectors, which can spell out any text; private use; musical controls.
        case 0xe0000...0xe0fff, 0xe000...0xf8ff, 0xf0000...0x10ffff, 0x1d173...0x1d17a: true
        default: false
        }
    }

    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 && scalar != "\t" && scalar != "\n" || (0x7f...0x9f).contains(scalar.value)
    }

    /// The first hidden and the first control character of each line, with the line's number from 1.
    static func found(in text: String, limit: Int) -> [(line: Int, scalar: Unicode.Scalar, isControl: Bool)] {
        var found: [(line: Int, scalar: Unicode.Scalar, isControl: Bool)] = []
        var (line, hiddenIn, controlIn) = (1, 0, 0)
        var previous: Unicode.Scalar = "\n"
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            if previous == "\r", scalar != "\n", controlIn < line {
                found.append((line, previous, true))
                controlIn = line
            }
            if scalar == "\n" { line += 1 }
            if found.count >= limit { break }
            if isControl(scalar), scalar != "\r", controlIn < line {
                found.append((line, scalar, true))
                controlIn = line
            } else if isHidden(scalar), !joinsEmoji(scalar, after: previous), hiddenIn < line {
                found.append((line, scalar, false))
                hiddenIn = line
            }
        }
        return found
    }

    /// The zero-width joiner makes one picture of several.
    private static func joinsEmoji(_ scalar: Unicode.Scalar, after previous: Unicode.Scalar) -> Bool {
        scalar.value == 0x200d && previous.value > 0x2000 && (previous.properties.isEmoji || previous.value == 0xfe0f)
    }
}
