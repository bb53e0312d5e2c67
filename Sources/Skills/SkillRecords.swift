package import Wire

/// The name of one version: `csv-clean@7`.
package struct SkillReference: Codable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let skill: String
    package let version: Int

    package init(_ skill: String, _ version: Int) {
        self.skill = skill
        self.version = version
    }

    /// Reads `name@version`.
    package init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let version = Int(parts[1]), version > 0 else { return nil }
        self.init(String(parts[0]), version)
    }

    package var description: String { "\(skill)@\(version)" }

    package static func < (left: SkillReference, right: SkillReference) -> Bool {
        left.skill == right.skill
            ? left.version < right.version : left.skill.utf8.lexicographicallyPrecedes(right.skill.utf8)
    }
}

/// What supports some lines of a version.
package struct LineSupport: Codable, Sendable, Hashable {
    package let file: String
    /// Counted from 1, both included, as people and editors count.
    package let first: Int
    package let last: Int
    /// Ids as edits cite them: `<trajectory>/<action or check>`.
    package let evidence: [String]
    package let kind: SkillEdit.Kind?

    package init(file: String, first: Int, last: Int, evidence: [String], kind: SkillEdit.Kind? = nil) {
        self.file = file
        self.first = first
        self.last = last
        self.evidence = evidence
        self.kind = kind
    }
}

/// Where a version comes from: what is recorded with its tree and never changes.
package struct SkillProposal: Codable, Sendable, Hashable {
    /// Who made it: a distiller's name and version, `import`, or a person.
    package var source: String
    package var operation: SkillPatch.Operation
    /// The digest of the proposal or request, where there is one.
    package var request: String?
    package var rationale: String
    /// The versions that it was made of.
    package var parents: [SkillReference]
    package var support: [LineSupport]
    /// Commands that were observed with it, for retrieval.
    package var features: [String]
    package var scope: SkillScope
    package var tier: SkillTier
    /// What it declares to need; nil where nobody declared anything.
    package var capabilities: SkillCapabilities?
    package var probes: [SkillProbe]?
    /// Edits that led from the base to it; nil where it came as a whole.
    package var edits: Int?
    /// `SkillEdit.digest` of each of them; nil where it came as a whole, and of versions from before that was kept.
    package var editDigests: [String]?
    /// Where the share of passing trials is to go, as it predicts; nil where nobody predicted it.
    package var direction: Direction?

    /// Where a metric is to go.
    package enum Direction: String, Codable, Sendable, Hashable, CaseIterable {
        case up, down, same
    }

    /// Whether it claims to say the same in fewer words: it need not be better, but no worse, and shorter.
    package var isRefactoring: Bool { direction == .same && !parents.isEmpty }

    package init(
        source: String,
        operation: SkillPatch.Operation,
        request: String? = nil,
        rationale: String = "",
        parents: [SkillReference] = [],
        support: [LineSupport] = [],
        features: [String] = [],
        scope: SkillScope = SkillScope(),
        tier: SkillTier = .t1,
        capabilities: SkillCapabilities? = nil,
        probes: [SkillProbe]? = nil,
        edits: Int? = nil,
        editDigests: [String]? = nil,
        direction: Direction? = nil
    ) {
        self.source = source
        self.operation = operation
        self.request = request
        self.rationale = rationale
        self.parents = parents
        self.support = support
        self.features = features
        self.scope = scope
        self.tier = tier
        self.capabilities = capabilities
        self.probes = probes
        self.edits = edits
        self.editDigests = editDigests
        self.direction = direction
    }
}

/// One version of a skill and where it stands now.
package struct SkillVersion: Codable, Sendable, Hashable {
    package let reference: SkillReference
    /// The digest of its tree.
    package let digest: String
    package let proposal: SkillProposal
    package let addedAt: Timestamp
    package let state: SkillState
    package let tier: SkillTier
    package let scope: SkillScope
}

/// One step in a version's life; the log of them is only ever added to.
package struct SkillEvent: Codable, Sendable, Hashable {
    /// Grows by one with every event of the library.
    package let number: Int
    package let reference: SkillReference
    package let at: Timestamp
    package let actor: String
    /// nil for the first.
    package let from: SkillState?
    package let to: SkillState
    /// The tier and scope that it has from then on.
    package let tier: SkillTier
    package let scope: SkillScope
    package let reason: String
    /// What the decision was made on, by name: reports, verdicts, requests.
    package let digests: [String: String]
}

/// One trial that was given a version.
package struct SkillUse: Codable, Sendable, Hashable {
    /// What the version did to the trial's verdict, where a trial without it tells.
    package enum Credit: String, Codable, Sendable {
        case helped, hurt
        /// The trial without it ended alike.
        case neutral
    }

    package var trial: String
    package var opened: Bool
    package var followed: Bool
    package var credit: Credit?

    package init(trial: String, opened: Bool, followed: Bool, credit: Credit? = nil) {
        self.trial = trial
        self.opened = opened
        self.followed = followed
        self.credit = credit
    }
}

/// How often a version was mounted, and what came of it.
package struct SkillUsage: Codable, Sendable, Hashable {
    package let mounted: Int
    package let opened: Int
    package let followed: Int
    package let helped: Int
    package let hurt: Int
    package let neutral: Int
}
