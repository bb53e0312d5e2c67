package import Documents

/// A `SKILL.md`: its front matter, and its Markdown as lines, sections, code blocks and links.
///
/// The lines with their ends are the document, so what nobody edits is written back byte for byte.
package struct SkillDocument: Sendable {
    /// Every line of the file with its own end (`\n`, `\r\n`, or nothing for the last).
    package let lines: [String]
    /// What the front matter says.
    package let head: SkillHead
    /// The lines from the first `---` to the second, both included.
    package let frontMatter: Range<Int>
    /// What the Markdown after the front matter is made of; line numbers are those of the file.
    package let outline: MarkdownOutline

    /// Reads a `SKILL.md`; an error names `file`, the line and the remedy.
    package init(_ bytes: [UInt8], file: String = SkillTree.mainFile) throws(DocumentError) {
        guard bytes.count <= SkillLint.Limits.textBytes else {
            let message = "has \(bytes.count) bytes, and at most \(SkillLint.Limits.textBytes) are read as text"
            throw DocumentError(file: file, message: message)
        }
        let parsed = try FrontMatter(bytes, file: file)
        // FrontMatter has checked that it is UTF-8.
        lines = MarkdownOutline.lines(of: String(decoding: bytes, as: UTF8.self))
        head = SkillHead(try parsed.decode([String: DocumentValue].self))
        frontMatter = Self.frontMatter(in: lines)
        outline = MarkdownOutline(lines, from: frontMatter.upperBound)
    }

    /// The file's text; equal to what was read.
    package var text: String { lines.joined() }

    /// The Markdown after the front matter.
    package var body: String { lines[frontMatter.upperBound...].joined() }

    package var sections: [MarkdownOutline.Section] { outline.sections }
    package var codeBlocks: [MarkdownOutline.CodeBlock] { outline.codeBlocks }
    package var links: [MarkdownOutline.Link] { outline.links }

    /// From the first line to the second fence; empty where a file does not begin with one, or does not close it.
    package static func frontMatter(in lines: [String]) -> Range<Int> {
        guard let first = lines.first, isFence(first), let closing = lines.dropFirst().firstIndex(where: isFence) else {
            return 0..<0
        }
        return 0..<(closing + 1)
    }

    private static func isFence(_ line: String) -> Bool {
        var text = line.utf8[...]
        if text.last == 0x0a {
            text.removeLast()
            if text.last == 0x0d { text.removeLast() }
        }
        return text.starts(with: "---".utf8) && text.dropFirst(3).allSatisfy { $0 == 0x20 || $0 == 0x09 }
    }
}

/// The front matter of a `SKILL.md`; fields that are no text are nil, and `SkillLint` says so.
package struct SkillHead: Sendable, Hashable {
    /// Every key as it stands there.
    package let values: [String: DocumentValue]

    init(_ values: [String: DocumentValue]) {
        self.values = values
    }

    package var name: String? { text("name") }
    package var description: String? { text("description") }
    package var license: String? { text("license") }
    package var compatibility: String? { text("compatibility") }
    package var allowedTools: String? { text("allowed-tools") }

    /// The texts below `metadata`.
    package var metadata: [String: String] {
        guard case .table(let members) = values["metadata"] else { return [:] }
        return members.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
    }

    private func text(_ key: String) -> String? {
        if case .text(let text) = values[key] { text } else { nil }
    }
}
