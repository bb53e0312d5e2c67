/// Where a version may be used: a trial must fit what is included, and none of what is excluded.
package struct SkillScope: Codable, Sendable, Hashable {
    /// One side of a scope; an empty list says nothing about its dimension.
    package struct Terms: Codable, Sendable, Hashable {
        package var families: [String]
        package var roles: [String]
        package var models: [String]

        package init(families: [String] = [], roles: [String] = [], models: [String] = []) {
            self.families = families
            self.roles = roles
            self.models = models
        }
    }

    package var include: Terms
    package var exclude: Terms

    /// Everywhere, unless said otherwise.
    package init(include: Terms = Terms(), exclude: Terms = Terms()) {
        self.include = include
        self.exclude = exclude
    }

    /// Whether a trial of that kind may be given the skill; what is not known of a trial fits only where nothing is asked.
    package func admits(_ trial: TrialKind) -> Bool {
        Self.includes(include.families, trial.family) && Self.includes(include.roles, trial.role)
            && Self.includes(include.models, trial.model) && !Self.excludes(exclude.families, trial.family)
            && !Self.excludes(exclude.roles, trial.role) && !Self.excludes(exclude.models, trial.model)
    }

    private static func includes(_ list: [String], _ value: String?) -> Bool {
        list.isEmpty || value.map(list.contains) ?? false
    }

    private static func excludes(_ list: [String], _ value: String?) -> Bool {
        value.map(list.contains) ?? false
    }
}

/// What scopes tell trials apart by.
package struct TrialKind: Codable, Sendable, Hashable {
    package var family: String?
    package var role: String?
    package var model: String?

    package init(family: String? = nil, role: String? = nil, model: String? = nil) {
        self.family = family
        self.role = role
        self.model = model
    }
}
