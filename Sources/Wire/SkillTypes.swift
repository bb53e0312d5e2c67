/// A skill that a trial is given: an Agent Skills folder, named by its content.
package struct SkillGiven: Codable, Sendable, Hashable {
    /// As in its front matter; its folder's name inside.
    package var name: String
    /// Of the folder's files, `sha256:…`.
    package var digest: String
    /// Its number in the library; nil for a folder from elsewhere.
    package var version: Int?

    package init(name: String, digest: String, version: Int? = nil) {
        self.name = name
        self.digest = digest
        self.version = version
    }

    /// `csv-clean@7`, or `csv-clean` with the beginning of its digest.
    package var text: String { version.map { "\(name)@\($0)" } ?? "\(name) (\(digest.prefix(19)))" }
}

/// How much there is of a skill.
package struct SkillSize: Codable, Sendable, Hashable {
    package var files: Int
    package var lines: Int
    package var bytes: Int

    package init(files: Int, lines: Int, bytes: Int) {
        self.files = files
        self.lines = lines
        self.bytes = bytes
    }
}

/// A file of a skill that somebody in the sandbox opened.
package struct SkillOpening: Codable, Sendable, Hashable {
    package var skill: String
    /// Relative to the skill's folder.
    package var file: String

    package init(skill: String, file: String) {
        self.skill = skill
        self.file = file
    }
}

/// What became of a skill in a trial: opened or not, followed or not.
package struct SkillUseReport: Codable, Sendable, Hashable {
    package var skill: SkillGiven
    /// The action during which it was first opened; nil when it never was.
    package var openedBy: Int?
    /// Distinct things that its code blocks do.
    package var steps: Int
    /// Those of them that the agent did, once it had opened it.
    package var matched: Int
    package var followed: Bool

    package init(skill: SkillGiven, openedBy: Int?, steps: Int, matched: Int, followed: Bool) {
        self.skill = skill
        self.openedBy = openedBy
        self.steps = steps
        self.matched = matched
        self.followed = followed
    }
}
