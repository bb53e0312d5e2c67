/// Makes untrusted text harmless on a terminal: what would steer it is shown instead of obeyed.
package enum Escaping {
    /// For text of several lines: newline and tab stay, other control characters become `\x1b` or `\u{202e}`.
    package static func visible(_ text: String) -> String {
        escape(text) { $0 == "\n" || $0 == "\t" }
    }

    /// For a cell or a line: newline and tab are shown too, as `\n` and `\t`.
    package static func singleLine(_ text: String) -> String {
        escape(text) { _ in false }
    }

    /// Control characters, and the marks that reorder or hide what is printed (Unicode TR 36, 3.5).
    static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F: true
        case 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
        default: false
        }
    }

    /// How a harmful character is shown.
    static func shown(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\t": "\\t"
        case "\r": "\\r"
        default:
            scalar.value < 0x100 ? byte(UInt8(scalar.value)) : "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    static func byte(_ value: UInt8) -> String {
        let digits = String(value, radix: 16)
        return "\\x" + (digits.count == 1 ? "0" : "") + digits
    }

    private static func escape(_ text: String, keeping isKept: (Unicode.Scalar) -> Bool) -> String {
        guard text.unicodeScalars.contains(where: { isHarmful($0) && !isKept($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isHarmful(scalar), !isKept(scalar) {
                result += shown(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// The same for a byte stream that arrives in pieces: a character cut in two is held until its rest comes.
package struct StreamEscaper: Sendable {
    private var held: [UInt8] = []

    package init() {}

    /// What can be shown of the bytes so far.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> String {
        held.append(contentsOf: bytes)
        return drain(atEnd: false)
    }

    /// The rest at the end of the stream.
    package mutating func finish() -> String {
        drain(atEnd: true)
    }

    private mutating func drain(atEnd: Bool) -> String {
        var result = ""
        var rest = held[...]
        while let lead = rest.first {
            let plain = rest.prefix { (0x20...0x7E).contains($0) || $0 == UInt8(ascii: "\n") }
            if !plain.isEmpty {
                result += String(decoding: plain, as: UTF8.self)
                rest = rest.dropFirst(plain.count)
                continue
            }
            let length = Self.length(lead)
            if length > rest.count, !atEnd, Self.canContinue(rest) { break }
            if lead == UInt8(ascii: "\r"), rest.count == 1, !atEnd { break }
            let text = rest.count >= length ? String(validating: rest.prefix(length), as: UTF8.self) : nil
            if let text {
                result += text == "\r" && rest.dropFirst().first == UInt8(ascii: "\n") ? "" : Escaping.visible(text)
                rest = rest.dropFirst(length)
            } else {
                result += Escaping.byte(lead)
                rest = rest.dropFirst()
            }
        }
        held = Array(rest)
        return result
    }

    /// Bytes of the character that begins with `lead`.
    private static func length(_ lead: UInt8) -> Int {
        switch lead {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    private static func canContinue(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.dropFirst().allSatisfy { $0 & 0xC0 == 0x80 }
    }
}
