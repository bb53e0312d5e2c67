/// Edits that make a skill's next version out of a known one: all of them or none.
package struct SkillPatch: Sendable, Hashable {
    /// What a proposal does to skills; what changes one names its base.
    package enum Operation: String, Codable, Sendable, CaseIterable {
        case create, revise, narrow, replace, merge, split, retire, quarantine, describe
    }

    /// Bounds of one patch.
    package struct Policy: Sendable, Hashable {
        package var maximumEdits = 4
        /// How much of the base's words may go; nil for no bound.
        package var maximumLoss: Double? = 0.4

        package init() {}

        /// For what claims to say the same in fewer words.
        package static let refactoring: Policy = {
            var policy = Policy()
            policy.maximumLoss = nil
            return policy
        }()
    }

    package var operation: Operation
    /// The digest of the tree that the edits are for; nil for a new skill.
    package var base: String?
    package var edits: [SkillEdit]

    package init(_ operation: Operation, base: String?, edits: [SkillEdit]) {
        self.operation = operation
        self.base = base
        self.edits = edits
    }
}

/// What a patch made of a tree.
package struct PatchedSkill: Sendable, Hashable {
    /// Where a line of the new tree comes from.
    package enum Origin: Sendable, Hashable {
        /// This line of the same file of the base.
        case base(line: Int)
        /// This edit of the patch.
        case edit(Int)
    }

    package let tree: SkillTree
    /// One origin for each line of each file that edits touched; other files are the base's.
    package let origins: [String: [Origin]]
}
