import Client
import CommandLineKit
import Tasks
import Wire

/// What `--skill` names: folders of skills, versions of the library's, or the library's own choice.
struct SkillGiver {
    let connection: Connection

    /// The word for the library's choice; a folder of that name is `./auto`.
    static let choice = "auto"

    /// nil when nothing is named: the agent then finds nothing that tells of skills.
    func skills(_ names: [String], for task: TaskUpload.Result) throws -> [SkillGiven]? {
        guard !names.isEmpty else { return nil }
        var skills: [SkillGiven] = []
        for name in names {
            if name == Self.choice {
                skills += try connection.call(SkillChoose.self, .init(taskDigest: task.digest)).skills
            } else if let path = FileNames.canonical(name) {
                skills.append(try upload(path))
            } else if name.contains("/") {
                throw OperationError(cause: "\(name): no such folder", remedy: "name a folder with a SKILL.md")
            } else {
                skills.append(try connection.call(SkillFind.self, .init(reference: name)))
            }
        }
        return skills
    }

    func upload(_ path: String) throws -> SkillGiven {
        let result = try TreeStream(connection: connection).send(SkillUpload.self, .init(path: path), from: path) {
            descriptor throws(ArchiveError) in try TreeArchive.pack(path, to: descriptor)
        }
        for warning in result.warnings {
            Terminal.error.print([Line("\(path): warning: ", .yellow) + Line(warning)])
        }
        return result.skill
    }
}
