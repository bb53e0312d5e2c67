package import Gate

/// Stage 5: whether a skill's text asks an agent for no more than it declares and its tier may.
///
/// It reads every file as text, and takes time that grows with their size only. It does not judge meaning: what gets past
/// these words meets the sandbox, stage 6 and the replays.
package struct StaticAudit: Sendable {
    /// The most that the gate can grant; what asks for more needs a person.
    package static let tier = SkillTier.t3
    /// A run of so many letters and digits is data that nobody can read.
    private static let longestWord = 400

    private let tree: SkillTree
    private let declared: SkillCapabilities?
    private var findings: [String] = []
    private var lines = 0

    package static func decision(on tree: SkillTree, declared: SkillCapabilities?) -> GateDecision {
        var audit = StaticAudit(tree: tree, declared: declared ?? Self.headCapabilities(tree))
        audit.checkManifest()
        for path in tree.paths { audit.check(path) }
        let figures = ["lines": Double(audit.lines), "findings": Double(audit.findings.count)]
        guard audit.findings.isEmpty else {
            let more = audit.findings.count > 3 ? "; and \(audit.findings.count - 3) more" : ""
            return GateDecision(
                .staticAudit,
                .failed,
                audit.findings.prefix(3).joined(separator: "; ") + more,
                figures: figures
            )
        }
        return GateDecision(
            .staticAudit,
            .passed,
            "\(audit.lines) lines ask for nothing that \(Self.tier.name) may not have",
            figures: figures
        )
    }

    private init(tree: SkillTree, declared: SkillCapabilities?) {
        self.tree = tree
        self.declared = declared
    }

    private static func headCapabilities(_ tree: SkillTree) -> SkillCapabilities? {
        tree.main.flatMap { try? SkillDocument($0.bytes) }.flatMap { SkillCapabilities($0.head) }
    }

    private mutating func checkManifest() {
        findings += declared?.excess(over: Self.tier) ?? []
    }

    private mutating func check(_ path: String) {
        guard let file = tree.files[path] else { return }
        guard let text = file.text else {
            findings.append("\(path): is no text: nobody can read what it does")
            return
        }
        for hidden in HiddenCharacters.found(in: text, limit: 10) where !hidden.isControl {
            let code = String(hidden.scalar.value, radix: 16, uppercase: true)
            findings.append("\(path):\(hidden.line): has a character that people do not see, U+\(code)")
        }
        let isMarkdown = path.hasSuffix(".md")
        var code = IndexSpan.all
        if isMarkdown { code = IndexSpan(Self.codeLines(of: text)) }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            lines += 1
            check(line.lowercased(), "\(path):\(index + 1)", isCode: code.has(index))
        }
    }

    private mutating func check(_ line: String, _ place: String, isCode: Bool) {
        for rule in AuditRule.all where isCode || rule.place == .anywhere {
            if rule.applies(to: line) { findings.append("\(place): \(rule.meaning) (\(rule.kind.rawValue))") }
        }
        if isCode, declared?.network.isEmpty ?? true, AuditRule.network.applies(to: line) {
            findings.append("\(place): \(AuditRule.network.meaning) (\(AuditRule.network.kind.rawValue))")
        }
        let longest = line.split { !($0.isLetter || $0.isNumber || "+/=".contains($0)) }.map(\.count).max() ?? 0
        if longest > Self.longestWord {
            findings.append("\(place): has \(longest) characters in one word: nobody can read them (hidden)")
        }
    }

    /// The lines of a Markdown text that are code, from 0.
    private static func codeLines(of text: String) -> Set<Int> {
        let outline = MarkdownOutline(MarkdownOutline.lines(of: text), from: 0)
        return Set(outline.codeBlocks.flatMap { Array($0.content) })
    }

    /// Lines that are code: all of a file, or some.
    private struct IndexSpan {
        static let all = IndexSpan(nil)
        let some: Set<Int>?

        init(_ some: Set<Int>?) { self.some = some }

        func has(_ index: Int) -> Bool { some?.contains(index) ?? true }
    }
}
