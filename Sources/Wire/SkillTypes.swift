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
