import FoundationEssentials
import Glibc
import Sandbox
import Skills
import Wire

/// The skills of one trial as its agent finds them: folders of the trial's own, read-only, at one place and where
/// agents look for them by themselves.
final class SkillsAtWork: Sendable {
    let skills: [SkillGiven]
    /// The directory inside that has them all.
    let path: String
    private let home: String
    /// On the host.
    private let folder: String
    private let openings: SkillOpenings

    /// Relative to the home directory; see docs/skills.md for which agent looks where.
    static let discoveryDirectories = [
        ".agents/skills", ".claude/skills", ".codex/skills", ".factory/skills", ".gemini/skills", ".goose/skills",
        ".opencode/skill", ".qwen/skills",
    ]

    /// Lays the folders out; nil for a trial that is given none, which must find nothing that tells of skills.
    init?(_ skills: [SkillGiven], shelf: SkillShelf, trial: String, path: String, home: String) throws {
        guard !skills.isEmpty else { return nil }
        self.skills = skills
        self.path = path
        self.home = home
        folder = "\(shelf.scratch)/skills-\(trial)"
        // Of an earlier step, or of a try that was cut off.
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var directories: [String: (skill: String, prefix: String)] = [:]
        for skill in skills {
            let tree = try shelf.tree(skill.digest)
            let place = "\(folder)/\(skill.name)"
            try tree.write(to: place)
            directories[place] = (skill.name, "")
            for path in tree.paths {
                let parts = path.split(separator: "/").dropLast()
                for count in parts.indices {
                    let inner = parts[...count].joined(separator: "/")
                    directories["\(place)/\(inner)"] = (skill.name, inner + "/")
                }
            }
        }
        openings = try SkillOpenings(directories)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Files of skills that were opened since the last call.
    func takeOpenings() -> [SkillOpening] { openings.take() }

    var mounts: [PolicyMount] {
        targets.map { PolicyMount(.readOnly(path: folder), at: $0) }
    }

    private var targets: [String] {
        let base = home == "/" ? "" : home
        return [path] + Self.discoveryDirectories.map { "\(base)/\($0)" }
    }

    /// Directories that are made for the mounts: they are not the agent's changes.
    var ownDirectories: Set<String> {
        var all: Set<String> = []
        for target in targets {
            let parts = target.split(separator: "/")
            for count in 1...parts.count { all.insert("/" + parts[..<count].joined(separator: "/")) }
        }
        return all
    }
}
