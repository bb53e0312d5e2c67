import Skills

/// The edits that add to a skill of the library what it lacks; what it says stays.
struct MineRevision {
    let held: HeldSkill

    /// Steps first: what they are for fails without them.
    private static let wanted: [(title: String, kind: SkillEdit.Kind)] = [
        ("Steps", .step), ("Pitfalls", .pitfall), ("Checks", .check),
    ]

    func edits(with skill: MinedSkill) -> [SkillEdit] {
        let names = names(in: skill)
        return Self.wanted.flatMap { title, kind in
            let all = skill.sections.first { $0.title == title }?.blocks ?? []
            let blocks = all.filter { $0.kind == kind }.map { $0.naming(names) }
            return edits(of: title, explained(blocks.filter { !held.says($0) }), kind)
        }
    }

    /// What the skill calls the placeholders, by their own names, which it may have for something else; no two become one.
    private func names(in skill: MinedSkill) -> [String: String] {
        let lines = skill.sections.flatMap(\.blocks).flatMap(\.legend)
        var names: [String: String] = [:]
        for line in lines where held.admits(line) { names[line.name] = line.name }
        for line in lines where names[line.name] == nil {
            names[line.name] = held.name(of: line, besides: Set(names.values))
        }
        return names
    }

    /// With what the skill does not say of their placeholders, once, above the first of a condition.
    private func explained(_ blocks: [MinedSkill.Block]) -> [MinedSkill.Block] {
        var known: Set<String> = []
        return Self.byCondition(blocks).flatMap { condition, own in
            let lines = own.flatMap(\.legend).filter { !held.explains($0.name) && known.insert($0.name).inserted }
            var legend = MinedSkill.LegendLine.block(lines, evidence: own.flatMap(\.evidence))
            legend.condition = condition
            return lines.isEmpty ? own : [legend] + own
        }
    }

    private func edits(of title: String, _ blocks: [MinedSkill.Block], _ kind: SkillEdit.Kind) -> [SkillEdit] {
        guard !blocks.isEmpty else { return [] }
        guard let section = held.section(title) else {
            // Above the first heading nothing needs one.
            let ordered = blocks.filter(\.condition.isEmpty) + blocks.filter { !$0.condition.isEmpty }
            let content = "## \(title)\n\n" + Self.text(of: ordered, below: []) + "\n"
            return [SkillEdit(.addSection, content: content, evidence: Self.evidence(of: ordered), kind: kind)]
        }
        var edits: [SkillEdit] = []
        var rest: [MinedSkill.Block] = []
        for (condition, own) in Self.byCondition(blocks) {
            let text = Self.text(of: own, below: condition) + "\n"
            let evidence = Self.evidence(of: own)
            if let ending = held.part(condition, of: section).flatMap(held.ending) {
                // By its end: the heading may stand below Checks, too.
                edits.append(
                    SkillEdit(.insertAfter, targetText: ending, content: "\n" + text, evidence: evidence, kind: kind)
                )
            } else if condition.isEmpty, kind != .step || !isDivided(section) {
                edits.append(
                    SkillEdit(.appendToSection, targetSection: title, content: text, evidence: evidence, kind: kind)
                )
            } else {
                rest += own
            }
        }
        guard !rest.isEmpty else { return edits }
        let content = Self.text(of: rest, below: nil) + "\n"
        return edits + [
            SkillEdit(
                .addSection,
                afterSection: title,
                content: content,
                evidence: Self.evidence(of: rest),
                kind: kind
            )
        ]
    }

    /// Whether all of its steps stand below headings: one that stands below none would be for tasks that none is for.
    private func isDivided(_ section: MarkdownOutline.Section) -> Bool {
        let steps = held.outline.codeBlocks.filter { section.whole.contains($0.opening) }
        return !steps.isEmpty && steps.allSatisfy { held.outline.condition(of: $0.opening) != nil }
    }

    /// In the order in which conditions come first.
    private static func byCondition(
        _ blocks: [MinedSkill.Block]
    ) -> [(condition: [String], blocks: [MinedSkill.Block])] {
        var order: [[String]] = []
        for block in blocks where !order.contains(block.condition) { order.append(block.condition) }
        return order.map { condition in (condition, blocks.filter { $0.condition == condition }) }
    }

    /// The blocks with the headings that say for which tasks they are; `condition` is that of the place where they go.
    private static func text(of blocks: [MinedSkill.Block], below condition: [String]?) -> String {
        var (pieces, condition) = ([String](), condition)
        for block in blocks {
            if block.condition != condition { pieces.append("### " + TaskWords.heading(block.condition)) }
            condition = block.condition
            pieces.append(block.text)
        }
        return pieces.joined(separator: "\n\n")
    }

    private static func evidence(of blocks: [MinedSkill.Block]) -> [String] {
        Set(blocks.flatMap(\.evidence)).sorted()
    }
}
