/// One edit of a patch, as a distiller's response has it: one of eight operations on one file, with its evidence.
///
/// In JSON `{"file", "op", "target_section" | "target_text" | "old_text" | "after_section", "content", "evidence", "kind"}`;
/// `section` is understood as `target_section`.
package struct SkillEdit: Sendable, Hashable {
    /// What is to be done; places are said by headings or by text, never by line numbers.
    package enum Operation: String, Codable, Sendable, CaseIterable {
        /// `content` as lines of its own below the lines of `target_text`.
        case insertAfter = "insert_after"
        /// The same above them.
        case insertBefore = "insert_before"
        /// `content` at the end of `target_section`, before its first sub-heading.
        case appendToSection = "append_to_section"
        /// `content` in place of `old_text` within `target_section`; without `old_text` in place of all below the heading.
        case replaceInSection = "replace_in_section"
        /// `content`, which begins with a heading, behind `after_section` with its sub-sections, or at the end.
        case addSection = "add_section"
        /// Removes `target_section` with its sub-sections.
        case deleteSection = "delete_section"
        /// `content` as a new file.
        case create
        /// Removes the file.
        case deleteFile = "delete_file"
    }

    /// What the edit adds to the skill.
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case fact, step, pitfall, check, scope, example
    }

    /// Relative to the skill's folder.
    package var file: String
    package var operation: Operation
    package var targetSection: String?
    package var targetText: String?
    package var oldText: String?
    package var afterSection: String?
    package var content: String?
    /// Ids of what was seen: `<trajectory>/<action or check>`.
    package var evidence: [String]
    package var kind: Kind?

    package init(
        file: String = SkillTree.mainFile,
        _ operation: Operation,
        targetSection: String? = nil,
        targetText: String? = nil,
        oldText: String? = nil,
        afterSection: String? = nil,
        content: String? = nil,
        evidence: [String],
        kind: Kind? = nil
    ) {
        self.file = file
        self.operation = operation
        self.targetSection = targetSection
        self.targetText = targetText
        self.oldText = oldText
        self.afterSection = afterSection
        self.content = content
        self.evidence = evidence
        self.kind = kind
    }
}

extension SkillEdit: Codable {
    private enum CodingKeys: String, CodingKey {
        case file, operation = "op", targetSection = "target_section", section, targetText = "target_text"
        case oldText = "old_text", afterSection = "after_section", content, evidence, kind
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        file = try container.decode(String.self, forKey: .file)
        operation = try container.decode(Operation.self, forKey: .operation)
        targetSection =
            try container.decodeIfPresent(String.self, forKey: .targetSection)
            ?? container.decodeIfPresent(String.self, forKey: .section)
        targetText = try container.decodeIfPresent(String.self, forKey: .targetText)
        oldText = try container.decodeIfPresent(String.self, forKey: .oldText)
        afterSection = try container.decodeIfPresent(String.self, forKey: .afterSection)
        content = try container.decodeIfPresent(String.self, forKey: .content)
        evidence = try container.decode([String].self, forKey: .evidence)
        kind = try container.decodeIfPresent(Kind.self, forKey: .kind)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(file, forKey: .file)
        try container.encode(operation, forKey: .operation)
        try container.encodeIfPresent(targetSection, forKey: .targetSection)
        try container.encodeIfPresent(targetText, forKey: .targetText)
        try container.encodeIfPresent(oldText, forKey: .oldText)
        try container.encodeIfPresent(afterSection, forKey: .afterSection)
        try container.encodeIfPresent(content, forKey: .content)
        try container.encode(evidence, forKey: .evidence)
        try container.encodeIfPresent(kind, forKey: .kind)
    }
}
