/// A skill that a trial is given: an Agent Skills folder, named by its content.
package struct SkillGiven: Codable, Sendable, Hashable {
    /// As in its front matter; its folder's name inside.
    package var name: String
    /// Of the folder's files, `sha256:…`.
    package var digest: String
    /// Its number in the library; nil for a folder from elsewhere.
    package var version: Int?
    /// Of a canary: the share of trials that are given it; nil for what all are given.
    package var share: Double?

    package init(name: String, digest: String, version: Int? = nil, share: Double? = nil) {
        self.name = name
        self.digest = digest
        self.version = version
        self.share = share
    }

    /// Whether a trial of this name is given it; the same trial always gets the same answer.
    package func isDrawn(by trial: String) -> Bool {
        guard let share else { return true }
        let hex = SHA256.hex(of: Array("\(digest) \(trial)".utf8)).prefix(8)
        return Double(UInt32(hex, radix: 16) ?? .max) < share * 0x1p32
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
    /// `helped`, `hurt` or `neutral`, where a trial without it tells.
    package var credit: String?

    package init(skill: SkillGiven, openedBy: Int?, steps: Int, matched: Int, followed: Bool, credit: String? = nil) {
        self.credit = credit
        self.skill = skill
        self.openedBy = openedBy
        self.steps = steps
        self.matched = matched
        self.followed = followed
    }
}
