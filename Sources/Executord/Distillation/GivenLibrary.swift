import Distillation
import Skills
import Wire

/// A library that comes with a request: skills on the shelf, for experiments that leave the daemon's own library alone.
struct GivenLibrary: Sendable {
    let skills: [SkillGiven]
    let shelf: SkillShelf

    init(_ skills: [SkillGiven], shelf: SkillShelf) throws(WireError) {
        try shelf.check(skills)
        self.skills = skills.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.shelf = shelf
    }

    /// Names its content, as a snapshot's digest does.
    var digest: String {
        "sha256:" + SHA256.hex(of: Array(skills.map { "\($0.name)\0\($0.digest)\n" }.joined().utf8))
    }

    /// As a distiller sees them: in use, and with no record of it.
    func requested() throws -> [DistillRequest.Skill] {
        try skills.map { given in
            DistillRequest.Skill(
                id: given.name,
                version: given.version ?? 1,
                digest: given.digest,
                state: SkillState.active.rawValue,
                tier: SkillTier.t1.name,
                files: DistillRequest.File.all(of: try shelf.tree(given.digest))
            )
        }
    }

    /// What a patch of a skill builds on.
    func base(_ skill: String, digest: String) throws -> SkillTree {
        guard skills.contains(where: { $0.name == skill && $0.digest == digest }) else {
            throw SkillLibraryError.noSkill(skill)
        }
        return try shelf.tree(digest)
    }
}

extension DistillRequest.File {
    /// The files of a skill, in the order of their paths.
    static func all(of tree: SkillTree) -> [DistillRequest.File] {
        tree.paths.compactMap { path in
            tree.files[path].map { .init(path: path, digest: "sha256:" + SHA256.hex(of: $0.bytes), text: $0.text) }
        }
    }
}
