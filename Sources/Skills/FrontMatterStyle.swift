/// How a front matter is written: narrower than YAML, so that every reader of YAML reads the same texts in it.
///
/// One of the two validators refuses flow style, and cuts the file at the first three hyphens; the other one takes `no`, `12:30`
/// and dates for something else than text.
enum FrontMatterStyle {
    /// What is wrong with the lines between the fences; `lines` has both fences.
    static func findings(_ lines: ArraySlice<String>) -> [SkillFinding] {
        var findings: [SkillFinding] = []
        func add(_ rule: SkillRule, _ index: Int, _ cause: String) {
            findings.append(SkillFinding(rule, SkillTree.mainFile, line: index + 1, cause))
        }
        if let first = lines.first, withoutEnd(first) != "---"[...] {
            add(.frontMatterStyle, lines.startIndex, "the first line has blanks behind its ---")
        }
        var key = ""
        for index in lines.indices.dropFirst().dropLast() {
            let line = withoutEnd(lines[index])
            if ByteSearch.contains("---", in: String(line)) {
                add(.frontMatterStyle, index, "three hyphens end the front matter for some readers")
            }
            if line.utf8.contains(0x09) { add(.frontMatterStyle, index, "a tab is not read by every reader of YAML") }
            guard let first = line.utf8.first, first != 0x23 else { continue }
            let isIndented = first == 0x20
            guard isIndented == false || key == "metadata" else { continue }
            if isIndented, line.utf8.allSatisfy({ $0 == 0x20 }) { continue }
            if isIndented, line.utf8.drop(while: { $0 == 0x20 }).first == 0x23 { continue }
            guard let field = field(line) else {
                add(isIndented ? .metadataForm : .frontMatterStyle, index, "this line is no `key: value`")
                continue
            }
            if !isIndented { key = field.key }
            if key == "metadata", !isIndented {
                if !field.value.isEmpty { add(.metadataForm, index, "a value stands on the line of `metadata:`") }
                continue
            }
            let parts = isIndented ? [field.key[...], field.value] : [field.value]
            if let part = parts.first(where: isNotText) {
                let rule: SkillRule = isIndented ? .metadataForm : .fieldNotText
                add(rule, index, "'\(PrintableText.shown(String(part)))' is no text for every reader of YAML")
            }
        }
        return findings
    }

    private static func withoutEnd(_ line: String) -> Substring {
        var line = line[...]
        // "\r\n" is one character.
        while let last = line.last, last.isNewline { line.removeLast() }
        return line
    }

    /// A plain key, and the value that stands behind it without blanks and comment.
    private static func field(_ line: Substring) -> (key: String, value: Substring)? {
        let text = line.drop { $0 == " " }
        let key = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == ".") }
        let rest = text[key.endIndex...]
        guard !key.isEmpty, rest.first == ":" else { return nil }
        var value = rest.dropFirst()
        guard value.first.map({ $0 == " " }) ?? true else { return nil }
        value = value.drop { $0 == " " }
        if value.first == "#" { value = "" }
        while value.last == " " { value.removeLast() }
        return (String(key), value)
    }

    /// What YAML 1.1 reads as null, truth, number, time or merge; nothing at all is null, too.
    private static func isNotText(_ value: Substring) -> Bool {
        guard let first = value.utf8.first else { return true }
        if first == 0x22 || first == 0x27 || first == 0x3e || first == 0x7c { return false }
        // Behind a blank a comment may stand.
        var plain = value
        if let comment = ByteSearch.occurrences(of: Array(" #".utf8), in: Array(value.utf8)[...], limit: 1).first {
            plain = value[..<value.utf8.index(value.startIndex, offsetBy: comment)]
            while plain.last == " " { plain.removeLast() }
        }
        let word = plain.lowercased()
        if words.contains(word) { return true }
        let digits = word.first == "-" || word.first == "+" ? word.dropFirst() : word[...]
        if digits.hasPrefix("0x") || digits.hasPrefix("0b") || digits.hasPrefix("0o") {
            return digits.dropFirst(2).allSatisfy { $0.isHexDigit || $0 == "_" }
        }
        guard let start = digits.first, ("0"..."9").contains(start) || start == "." else { return false }
        // Hyphens are those of dates and exponents.
        if digits.contains("-"), !digits.contains("e"), digits.prefix(while: { ("0"..."9").contains($0) }).count != 4 {
            return false
        }
        return digits.allSatisfy { ("0"..."9").contains($0) || "_.:,e+-tz ".contains($0) }
    }

    private static let words: Set<String> = [
        "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", "=", ".inf", "-.inf", "+.inf", ".nan",
    ]
}
