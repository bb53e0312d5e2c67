/// Names and descriptions that both validators of Agent Skills accept.
enum SkillName {
    static let longest = 64

    /// Small letters, digits and single hyphens out of any text.
    static func kebab(_ text: String, suffix: String = "") -> String {
        let words = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let name = words.joined(separator: "-").prefix(longest - suffix.utf8.count)
        let trimmed = name.hasSuffix("-") ? name.dropLast() : name
        return (trimmed.isEmpty ? "mined" : String(trimmed)) + suffix
    }

    /// One plain YAML scalar without angle brackets.
    static func description(_ text: String) -> String {
        let plain = text.map { $0.isNewline || "<>:#\"'`{}[]&*!|%@\\".contains($0) ? " " : $0 }
        return String(String(plain).split(separator: " ").joined(separator: " ").prefix(1_000))
    }
}
