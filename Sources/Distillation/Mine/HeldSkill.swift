import Skills

/// A skill of the library, by the tasks for which it says what it says.
struct HeldSkill: Sendable {
    let source: DistillRequest.Skill
    /// SKILL.md.
    let lines: [String]
    let outline: MarkdownOutline
    /// Each condition with the text below its headings, without indents; nil is what no heading divides.
    private let texts: [[String]?: String]
    /// What the code blocks of each condition do; those that no heading divides are for no words.
    private let work: [[String]: Set<String>]
    /// The conditions of its code blocks, in their order, each once; empty where it has no steps.
    let conditions: [[String]]
    /// What it says of its placeholders, by their names.
    private let clues: [String: [PlaceholderClue]]

    /// Sections whose code is no step.
    private static let otherSections: Set<String> = ["Pitfalls", "Checks", "Evidence"]

    init(_ source: DistillRequest.Skill) {
        self.source = source
        var (texts, work, conditions) = ([[String]?: String](), [[String]: Set<String>](), [[String]]())
        for file in source.files {
            guard let text = file.text else { continue }
            let (lines, outline) = Self.parsed(text)
            for (number, line) in lines.enumerated() {
                texts[outline.condition(of: number), default: "\n"] += line.drop { $0 == " " }
            }
            for block in outline.codeBlocks {
                let titles = outline.sections.filter { $0.whole.contains(block.opening) }.map(\.title)
                guard Self.otherSections.isDisjoint(with: titles) else { continue }
                let condition = outline.condition(of: block.opening) ?? []
                if work[condition] == nil { conditions.append(condition) }
                work[condition, default: []].formUnion(Self.work(of: block))
            }
        }
        (self.texts, self.work, self.conditions) = (texts, work, conditions)
        let entries = texts.values.flatMap { $0.split(separator: "\n") }.compactMap {
            PlaceholderClue.entry(String($0))
        }
        clues = Dictionary(grouping: entries, by: \.name).mapValues { $0.map(\.clue) }
        (lines, outline) = Self.parsed(source.files.first { $0.path == SkillTree.mainFile }?.text ?? "")
    }

    private static func parsed(_ text: String) -> (lines: [String], outline: MarkdownOutline) {
        let lines = MarkdownOutline.lines(of: text)
        return (lines, MarkdownOutline(lines, from: SkillDocument.frontMatter(in: lines).upperBound))
    }

    /// With something like the values that stood where placeholders are.
    private static func work(of block: MarkdownOutline.CodeBlock) -> [String] {
        guard Adherence.languages.contains(block.language) else { return [] }
        let code = block.code.replacing(/<([a-z0-9]+)-file(-[0-9]+)?>/) { "value.\($0.1)" }
            .replacing(/<number(-[0-9]+)?>/, with: "1").replacing(/<([a-z][a-z0-9-]*)>/) { $0.1 }
        return ActionFeatures(shell: code).features
    }

    /// How much of what is done for tasks of a condition and of what `procedure` does is the same.
    func likeness(of condition: [String], to procedure: MinedProcedure) -> Double {
        WorkKinds.jaccard(work[condition] ?? [], procedure.work)
    }

    /// Whether the tasks that a block is for are told it already.
    ///
    /// Who does what stands below a heading does not do the steps that stand below none.
    func says(_ block: MinedSkill.Block) -> Bool {
        if block.kind == .pitfall { return texts.values.contains { $0.contains(block.key) } }
        let key = Self.unnumbered(MarkdownOutline.lines(of: block.key).map { $0.drop { $0 == " " } }.joined())
        let isUndivided = block.condition.isEmpty || block.kind == .check
        let read: [[String]?] = [[], block.condition] + (isUndivided ? [nil] : [])
        return read.contains { (Self.unnumbered(texts[$0] ?? "") + "\n").contains("\n" + key + "\n") }
    }

    /// Which of several `<name-2>` and `<name-3>` are told apart by may differ from mining to mining.
    private static func unnumbered(_ text: String) -> String {
        text.replacing(/<([a-z][a-z0-9-]*?)-[0-9]+>/) { "<\($0.1)>" }
    }

    /// Whether it says what a placeholder stands for.
    func explains(_ name: String) -> Bool { clues[name] != nil }

    /// Whether a placeholder may have this name in it: it has that for nothing else.
    func admits(_ line: MinedSkill.LegendLine) -> Bool {
        clues[line.name]?.contains { $0.mayMean(line.clue) } ?? true
    }

    /// What it calls a placeholder whose name it has for something else: none of `taken`.
    ///
    /// It is the name that it has for this, such as `name-2`, or the first of these that nobody has.
    func name(of line: MinedSkill.LegendLine, besides taken: Set<String>) -> String {
        let base = line.name.replacing(/-[0-9]+$/, with: "")
        let same = clues.keys.sorted().first { name in
            name.replacing(/-[0-9]+$/, with: "") == base && !taken.contains(name)
                && clues[name, default: []].contains { $0.anchor != nil && $0.mayMean(line.clue) }
        }
        if let same { return same }
        var number = 2
        while clues["\(base)-\(number)"] != nil || taken.contains("\(base)-\(number)") { number += 1 }
        return "\(base)-\(number)"
    }

    /// The section of a title; the last of several.
    func section(_ title: String) -> MarkdownOutline.Section? { outline.sections.last { $0.title == title } }

    /// The section within another one that is for tasks of a condition.
    func part(_ condition: [String], of section: MarkdownOutline.Section) -> MarkdownOutline.Section? {
        outline.sections.last {
            section.whole.contains($0.heading) && TaskWords.condition($0.title) == condition
        }
    }

    /// The last lines of a section, as few as there are only once in the file; nil where it is there twice.
    func ending(of section: MarkdownOutline.Section) -> String? {
        let all = Array(lines.joined().utf8)
        guard let last = section.whole.last(where: { !lines[$0].allSatisfy(\.isWhitespace) }) else { return nil }
        let endings = (section.heading...last).reversed().lazy.map { lines[$0...last].joined() }
        return endings.first { all.ranges(of: Array($0.utf8)).count == 1 }
    }
}

extension PlaceholderClue {
    /// Whether nothing that both say of where the value stands differs; the more runs there are, the less of it is said.
    fileprivate func mayMean(_ other: PlaceholderClue) -> Bool {
        guard let one = anchor, let other = other.anchor else { return true }
        return (one.after.hasSuffix(other.after) || other.after.hasSuffix(one.after))
            && (one.before.hasPrefix(other.before) || other.before.hasPrefix(one.before))
    }
}
