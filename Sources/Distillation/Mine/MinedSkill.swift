import Skills

/// What was mined, in parts that can be placed, moved and cited one by one.
struct MinedSkill: Sendable {
    let name: String
    let description: String
    let sections: [Section]

    /// What comes below one heading.
    struct Section: Sendable {
        let title: String
        let blocks: [Block]
    }

    /// What one placeholder stands for.
    struct LegendLine: Sendable, Hashable {
        let name: String
        let clue: PlaceholderClue

        static func block(_ lines: [LegendLine], evidence: [String]) -> Block {
            let text =
                "Put in the values of the task:\n\n" + lines.map { $0.clue.line($0.name) }.joined(separator: "\n")
            return Block(text, .fact, evidence: evidence)
        }
    }

    /// A piece that stands or goes as a whole.
    struct Block: Sendable {
        /// Of which words a task speaks for which it is; empty where it is for all.
        var condition: [String] = []
        /// What its placeholders stand for, a line each.
        var legend: [LegendLine] = []
        private(set) var text: String
        let kind: SkillEdit.Kind
        let evidence: [String]
        /// What a skill that says it already must contain.
        private(set) var key: String
        /// Goes to the references first where it is high; 0 stays.
        let rank: Int

        init(_ text: String, _ kind: SkillEdit.Kind, evidence: [String], key: String? = nil, rank: Int = 0) {
            self.text = text
            self.kind = kind
            self.evidence = evidence
            self.key = key ?? text
            self.rank = rank
        }

        /// The same with other names for its placeholders.
        func naming(_ names: [String: String]) -> Block {
            let values = names.mapValues { "<\($0)>" }
            var block = self
            block.text = Placeholder.filled(text, values)
            block.key = Placeholder.filled(key, values)
            block.legend = legend.map { LegendLine(name: names[$0.name] ?? $0.name, clue: $0.clue) }
            return block
        }
    }
}

/// Files made of blocks, with the lines that each block became.
struct SkillFiles: Sendable {
    static let details = "references/details.md"
    /// Tokens of a body that loads quickly.
    static let bodyTokens = 2_000

    private(set) var main = ""
    private(set) var reference: String?
    private(set) var provenance: [DistillResponse.LineEvidence] = []
    /// Blocks for which there was no room anywhere.
    private(set) var dropped = 0

    init(_ skill: MinedSkill, policy: DistillRequest.Policy) {
        var moved: Set<BlockPlace> = []
        // A second file is a second edit.
        let movable = policy.maxEdits > 1 ? Self.movable(skill) : []
        let room = min(Self.bodyTokens, policy.maxBodyTokens)
        var writer = Self.write(skill, without: moved)
        for place in movable where TokenEstimate.tokens(in: writer.text) > room {
            moved.insert(place)
            writer = Self.write(skill, without: moved)
        }
        main = Self.head(skill) + writer.text
        provenance = writer.provenance(in: SkillTree.mainFile, offset: Self.head(skill).lineCount)
        guard !moved.isEmpty else { return }
        var details = LineWriter()
        details.add("# Details of \(skill.name)")
        for (number, section) in skill.sections.enumerated() {
            let places = section.blocks.indices.filter { moved.contains(BlockPlace(section: number, block: $0)) }
            var isBegun = false
            for place in places {
                // With the headings that it brings.
                var longer = details
                if !isBegun { longer.begin(section.title) }
                longer.add(section.blocks[place])
                if longer.lines > policy.maxReferenceLines {
                    dropped += 1
                } else {
                    (details, isBegun) = (longer, true)
                }
            }
        }
        reference = details.text
        provenance += details.provenance(in: Self.details, offset: 0)
    }

    private struct BlockPlace: Hashable {
        let section: Int
        let block: Int
    }

    /// The blocks that may be moved, in the order in which they go.
    private static func movable(_ skill: MinedSkill) -> [BlockPlace] {
        let places = skill.sections.enumerated().flatMap { number, section in
            section.blocks.indices.map { (BlockPlace(section: number, block: $0), section.blocks[$0].rank) }
        }
        return places.filter { $0.1 > 0 }.sorted { left, right in
            (-left.1, -left.0.section, -left.0.block) < (-right.1, -right.0.section, -right.0.block)
        }.map(\.0)
    }

    private static func head(_ skill: MinedSkill) -> String {
        """
        ---
        name: \(skill.name)
        description: \(skill.description)
        metadata:
          distiller: mine \(MineDistiller.version)
        ---

        """
    }

    private static func write(_ skill: MinedSkill, without moved: Set<BlockPlace>) -> LineWriter {
        var writer = LineWriter()
        writer.add("\n# \(skill.name)")
        for (number, section) in skill.sections.enumerated() {
            let places = section.blocks.indices.filter { !moved.contains(BlockPlace(section: number, block: $0)) }
            writer.begin(section.title)
            for place in places { writer.add(section.blocks[place]) }
            if places.count < section.blocks.count {
                writer.add("\nMore is in [\(details)](\(details)).")
            }
        }
        return writer
    }
}

/// Puts lines below each other and remembers what they follow from.
private struct LineWriter {
    private(set) var text = ""
    private(set) var lines = 0
    private var cited: [(first: Int, last: Int, block: MinedSkill.Block)] = []

    /// What the blocks are for that are being written.
    private var condition: [String] = []

    mutating func begin(_ section: String) {
        add("\n## \(section)")
        condition = []
    }

    mutating func add(_ block: MinedSkill.Block) {
        if !block.condition.isEmpty, block.condition != condition {
            add("\n### " + TaskWords.heading(block.condition))
            condition = block.condition
        }
        add("\n" + block.text, block)
    }

    mutating func add(_ piece: String, _ block: MinedSkill.Block? = nil) {
        // The empty line before a piece follows from nothing.
        let lead = piece.prefix { $0 == "\n" }.count
        let count = piece.lineCount
        if let block { cited.append((lines + lead + 1, lines + count, block)) }
        text += piece + "\n"
        lines += count
    }

    func provenance(in file: String, offset: Int) -> [DistillResponse.LineEvidence] {
        cited.filter { !$0.block.evidence.isEmpty }.map {
            .init(
                file: file,
                first: $0.first + offset,
                last: $0.last + offset,
                kind: $0.block.kind,
                evidence: $0.block.evidence
            )
        }
    }
}

extension String {
    /// Lines, where the last needs no end.
    var lineCount: Int { utf8.count { $0 == .newline } + (hasSuffix("\n") || isEmpty ? 0 : 1) }
}
