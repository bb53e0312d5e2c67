/// HTML and SVG as text in which nothing from outside can become markup.
package struct Markup: Sendable, Hashable, ExpressibleByStringLiteral {
    package let text: String

    /// Written by us.
    package init(stringLiteral value: String) { text = value }

    private init(raw: String) { text = raw }

    /// Text of anybody's, made harmless also inside attributes; what XML cannot hold is left out.
    package init(escaping text: String) {
        var safe = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            case "\n", "\t": safe.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || 0x7f...0x9f ~= scalar.value: continue
            case "\u{FFFE}", "\u{FFFF}": continue
            // Overrides of direction make text read as what it is not.
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": continue
            default: safe.unicodeScalars.append(scalar)
            }
        }
        self.text = safe
    }

    package init(_ parts: [Markup], separator: String = "") {
        self.init(raw: parts.map(\.text).joined(separator: separator))
    }

    /// An element; values of attributes are escaped.
    package static func element(
        _ name: String,
        _ attributes: [(String, String)] = [],
        _ content: [Markup] = []
    ) -> Markup {
        let written = attributes.map { " \($0.0)=\"\(Markup(escaping: $0.1).text)\"" }.joined()
        let inside = content.map(\.text).joined()
        return Markup(raw: inside.isEmpty ? "<\(name)\(written)/>" : "<\(name)\(written)>\(inside)</\(name)>")
    }

    /// An element that must not be written as empty, with text.
    package static func text(_ name: String, _ attributes: [(String, String)] = [], _ text: String) -> Markup {
        let written = attributes.map { " \($0.0)=\"\(Markup(escaping: $0.1).text)\"" }.joined()
        return Markup(raw: "<\(name)\(written)>\(Markup(escaping: text).text)</\(name)>")
    }

    package static func + (left: Markup, right: Markup) -> Markup { Markup(raw: left.text + right.text) }
}

/// Numbers as people read them, without a locale.
package enum Digits {
    /// With so many decimals, rounded half away from 0.
    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "–" }
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let whole = (abs(value) * scale).rounded()
        let sign = value < 0 && whole > 0 ? "−" : ""
        guard whole < 9e15 else { return "\(value)" }
        let digits = String(Int(whole))
        guard decimals > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// `42 %`.
    package static func percent(_ share: Double) -> String { fixed(share * 100, 0) + " %" }

    /// `+12` points of a hundred.
    package static func points(_ difference: Double) -> String {
        let text = fixed(difference * 100, 0)
        return text == "0" || text.hasPrefix("−") ? text : "+" + text
    }

    package static func chance(_ p: Double) -> String {
        p < 0.0001 ? "< 0.0001" : fixed(p, p < 0.01 ? 4 : 3)
    }
}
