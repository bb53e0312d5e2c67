/// One version of the library's skills, as lists show it.
package struct SkillRow: Codable, Sendable, Hashable {
    package var name: String
    package var version: Int
    package var digest: String
    /// One of the states of docs/skills.md.
    package var state: String
    /// `T1` to `T4`.
    package var tier: String
    package var description: String
    /// Where it may be used, in words; empty is everywhere.
    package var scope: String
    /// Who made it.
    package var source: String
    package var addedAt: Timestamp

    package init(
        name: String,
        version: Int,
        digest: String,
        state: String,
        tier: String,
        description: String,
        scope: String,
        source: String,
        addedAt: Timestamp
    ) {
        self.name = name
        self.version = version
        self.digest = digest
        self.state = state
        self.tier = tier
        self.description = description
        self.scope = scope
        self.source = source
        self.addedAt = addedAt
    }

    package var text: String { "\(name)@\(version)" }
}

/// One step in a version's life, as its log shows it.
package struct SkillStep: Codable, Sendable, Hashable {
    package var number: Int
    package var at: Timestamp
    package var actor: String
    package var version: Int
    package var from: String?
    package var to: String
    package var tier: String
    package var reason: String
    /// What the decision was made on, by name.
    package var digests: [String: String]

    package init(
        number: Int,
        at: Timestamp,
        actor: String,
        version: Int,
        from: String?,
        to: String,
        tier: String,
        reason: String,
        digests: [String: String]
    ) {
        self.number = number
        self.at = at
        self.actor = actor
        self.version = version
        self.from = from
        self.to = to
        self.tier = tier
        self.reason = reason
        self.digests = digests
    }
}

/// A place where a skill breaks a rule.
package struct SkillProblem: Codable, Sendable, Hashable {
    package var rule: String
    package var file: String
    package var line: Int?
    package var cause: String
    package var remedy: String
    /// A skill that breaks it is refused.
    package var isBinding: Bool

    package init(rule: String, file: String, line: Int?, cause: String, remedy: String, isBinding: Bool) {
        self.rule = rule
        self.file = file
        self.line = line
        self.cause = cause
        self.remedy = remedy
        self.isBinding = isBinding
    }

    /// `SKILL.md:3: cause`.
    package var text: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(cause)" }
}
