/// Reads a folder, through the pipe that comes with the frame, and says what is wrong with it.
package enum SkillCheck: Method {
    package static let name = "skill.check"
    package struct Params: Codable, Sendable {
        /// The folder's name, which must be the skill's.
        package var directory: String
        package init(directory: String) { self.directory = directory }
    }
    package struct Result: Codable, Sendable {
        package var problems: [SkillProblem]
        package init(problems: [SkillProblem]) { self.problems = problems }
    }
}

/// Takes a folder, through the pipe that comes with the frame, into the library as the next version of its skill.
package enum SkillImport: Method {
    package static let name = "skill.import"
    package struct Params: Codable, Sendable {
        package var directory: String
        /// Why, for the log.
        package var reason: String
        /// Families and roles that it is for; empty is all.
        package var families: [String]
        package var roles: [String]
        package init(directory: String, reason: String, families: [String] = [], roles: [String] = []) {
            self.directory = directory
            self.reason = reason
            self.families = families
            self.roles = roles
        }
    }
    package typealias Result = SkillRow
}

/// Writes a tar stream of Agent Skills folders to the pipe that comes with the frame.
package enum SkillExport: Method {
    package static let name = "skill.export"
    package struct Params: Codable, Sendable {
        /// One version; nil is all that is served.
        package var reference: String?
        /// A git repository with a commit for each version of the skill, or of all, instead of folders.
        package var git: Bool
        package init(reference: String?, git: Bool = false) {
            self.reference = reference
            self.git = git
        }
    }
    package struct Result: Codable, Sendable {
        package var folders: [String]
        package init(folders: [String]) { self.folders = folders }
    }
}
