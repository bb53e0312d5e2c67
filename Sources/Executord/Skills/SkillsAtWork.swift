import FoundationEssentials
import Glibc
import Sandbox
import Skills
import Synchronization
import Wire

/// The skills of one trial as its agent finds them: folders of the trial's own, read-only, at one place and where
/// agents look for them by themselves.
final class SkillsAtWork: Sendable {
    let skills: [SkillGiven]
    /// The directory inside that has them all.
    let path: String
    private let home: String
    private let shelf: SkillShelf
    private let trial: String
    private let openings: SkillOpenings
    private let isLaidOut = Atomic<Bool>(false)

    /// Relative to the home directory; see docs/skills.md for which agent looks where.
    static let discoveryDirectories = [
        ".agents/skills", ".claude/skills", ".codex/skills", ".factory/skills", ".gemini/skills", ".goose/skills",
        ".opencode/skill", ".qwen/skills",
    ]

    /// nil for a trial that is given none, which must find nothing that tells of skills.
    ///
    /// `trial` names the trial, or its step.
    init?(
        _ skills: [SkillGiven],
        shelf: SkillShelf,
        openings: SkillOpenings,
        trial: String,
        path: String,
        home: String
    ) {
        guard !skills.isEmpty else { return nil }
        self.skills = skills
        self.shelf = shelf
        self.openings = openings
        self.trial = trial
        self.path = path
        self.home = home
    }

    deinit {
        guard isLaidOut.load(ordering: .relaxed) else { return }
        openings.forget(trial)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// On the host.
    private var folder: String { "\(shelf.scratch)/skills-\(trial)" }

    /// Makes the trial's own copies, and watches them from then on; before the agent's sandbox is launched.
    func layOut() throws {
        // Of a try that was cut off.
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        isLaidOut.store(true, ordering: .relaxed)
        for skill in skills {
            let tree = try shelf.tree(skill.digest)
            let place = "\(folder)/\(skill.name)"
            try tree.write(to: place)
            var prefixes: Set<String> = [""]
            for path in tree.paths {
                let parts = path.split(separator: "/").dropLast()
                for count in parts.indices { prefixes.insert(parts[...count].joined(separator: "/") + "/") }
            }
            for prefix in prefixes {
                try openings.watch("\(place)/\(prefix)", .init(trial: trial, skill: skill.name, prefix: prefix))
            }
        }
    }

    /// Files of skills that were opened since the last call.
    func takeOpenings() -> [SkillOpening] { openings.take(trial) }

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
