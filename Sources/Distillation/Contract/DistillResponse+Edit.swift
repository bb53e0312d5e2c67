extension DistillResponse {
    /// A change to one file of a skill, with the runs that it follows from.
    package struct Edit: Codable, Sendable, Hashable {
        package var file: String
        package var operation: EditOperation
        /// The heading of the section that is appended to, replaced in, added or deleted.
        package var section: String?
        /// The line beside which the content goes.
        package var targetText: String?
        /// What is replaced.
        package var oldText: String?
        /// The section that an added one follows; at the end when nil.
        package var afterSection: String?
        package var content: String
        /// `RUN`, `RUN/ACTION`, `RUN/CHECK` or `RUN/FACT`.
        package var evidence: [String]
        package var kind: EditKind
        /// Which lines of the content follow from what, where that is known.
        package var lines: [LineEvidence]

        enum CodingKeys: String, CodingKey, CaseIterable {
            case file, section, content, evidence, kind, lines
            case operation = "op"
            case targetText = "target_text"
            case oldText = "old_text"
            case afterSection = "after_section"
        }

        package init(
            file: String,
            operation: EditOperation,
            section: String? = nil,
            targetText: String? = nil,
            oldText: String? = nil,
            afterSection: String? = nil,
            content: String = "",
            evidence: [String] = [],
            kind: EditKind = .fact,
            lines: [LineEvidence] = []
        ) {
            self.file = file
            self.operation = operation
            self.section = section
            self.targetText = targetText
            self.oldText = oldText
            self.afterSection = afterSection
            self.content = content
            self.evidence = evidence
            self.kind = kind
            self.lines = lines
        }

        package init(from decoder: any Decoder) throws {
            try decoder.refuseKeys(except: CodingKeys.self)
            let members = try decoder.container(keyedBy: CodingKeys.self)
            file = try members.decode(String.self, forKey: .file)
            operation = try members.decode(EditOperation.self, forKey: .operation)
            section = try members.decodeIfPresent(String.self, forKey: .section)
            targetText = try members.decodeIfPresent(String.self, forKey: .targetText)
            oldText = try members.decodeIfPresent(String.self, forKey: .oldText)
            afterSection = try members.decodeIfPresent(String.self, forKey: .afterSection)
            content = try members.decodeIfPresent(String.self, forKey: .content) ?? ""
            evidence = try members.decodeIfPresent([String].self, forKey: .evidence) ?? []
            kind = try members.decodeIfPresent(EditKind.self, forKey: .kind) ?? .fact
            lines = try members.decodeIfPresent([LineEvidence].self, forKey: .lines) ?? []
        }
    }

    /// The eight ways to change a file.
    package enum EditOperation: String, Codable, Sendable, Hashable, CaseIterable {
        case insertAfter = "insert_after"
        case insertBefore = "insert_before"
        case appendToSection = "append_to_section"
        case replaceInSection = "replace_in_section"
        case addSection = "add_section"
        case deleteSection = "delete_section"
        case create
        case deleteFile = "delete_file"
    }

    /// What an edit states.
    package enum EditKind: String, Codable, Sendable, Hashable, CaseIterable {
        case fact
        case step
        case pitfall
        case check
        case scope
        case example
    }

    /// Lines of an edit's content, counted from 1, and what they follow from.
    package struct LineEvidence: Codable, Sendable, Hashable {
        package var first: Int
        package var last: Int
        package var kind: EditKind
        package var evidence: [String]

        enum CodingKeys: String, CodingKey, CaseIterable {
            case first, last, kind, evidence
        }

        package init(first: Int, last: Int, kind: EditKind, evidence: [String]) {
            self.first = first
            self.last = last
            self.kind = kind
            self.evidence = evidence
        }

        package init(from decoder: any Decoder) throws {
            try decoder.refuseKeys(except: CodingKeys.self)
            let members = try decoder.container(keyedBy: CodingKeys.self)
            first = try members.decode(Int.self, forKey: .first)
            last = try members.decode(Int.self, forKey: .last)
            kind = try members.decode(EditKind.self, forKey: .kind)
            evidence = try members.decode([String].self, forKey: .evidence)
        }
    }
}
