import Skills

/// A SKILL.md of somebody's: its front matter, its Markdown, and what lint says of both.
enum SkillTarget {
    static func run(_ bytes: [UInt8]) {
        let findings = SkillLint.findings(SkillTree([SkillTree.mainFile: SkillTree.File(bytes)]), directory: "skill")
        promise(findings.count <= SkillLint.Limits.findings, "\(findings.count) findings")
        guard let document = try? SkillDocument(bytes) else { return }
        promise(Array(document.text.utf8) == bytes, "a document is not its own text")
        let lines = 0...document.lines.count
        promise(lines.contains(document.frontMatter.upperBound), "a front matter beyond the text")
        for section in document.sections {
            promise(lines.contains(section.whole.upperBound), "a section beyond the text")
            promise(section.own.clamped(to: section.whole) == section.own, "a section beyond itself")
        }
        for block in document.codeBlocks {
            promise(lines.contains(block.content.upperBound), "a block beyond the text")
        }
        for link in document.links { promise(link.line < document.lines.count, "a link beyond the text") }
    }
}
