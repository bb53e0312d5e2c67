/// Gives the daemon a skill's folder, as a tar stream through the pipe that comes with the frame, for trials to be given.
///
/// The library is not touched.
package enum SkillUpload: Method {
    package static let name = "skill.upload"
    package struct Params: Codable, Sendable {
        /// Where the client has it, for messages.
        package var path: String
        package init(path: String) { self.path = path }
    }
    package struct Result: Codable, Sendable {
        package var skill: SkillGiven
        /// What is wrong with it by the Agent Skills specification, a sentence each.
        package var warnings: [String]
        package init(skill: SkillGiven, warnings: [String]) {
            self.skill = skill
            self.warnings = warnings
        }
    }
}

/// A version of the library's, for trials to be given.
package enum SkillFind: Method {
    package static let name = "skill.find"
    package struct Params: Codable, Sendable {
        /// `name@version`, or `name` for the version that is served.
        package var reference: String
        package init(reference: String) { self.reference = reference }
    }
    package typealias Result = SkillGiven
}

/// What the library would give to an agent on an uploaded task, the best first.
package enum SkillChoose: Method {
    package static let name = "skill.choose"
    package struct Params: Codable, Sendable {
        package var taskDigest: String
        package init(taskDigest: String) { self.taskDigest = taskDigest }
    }
    package struct Result: Codable, Sendable {
        package var skills: [SkillGiven]
        package init(skills: [SkillGiven]) { self.skills = skills }
    }
}
