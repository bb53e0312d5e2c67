import FoundationEssentials
import Glibc
import Skills
import Tasks
import Wire

/// The folders of skills that trials were given or may be given, by digest; a digest names one content for ever.
struct SkillShelf: Sendable {
    let directory: String
    /// Where the copies of running trials lie.
    let scratch: String

    init(directory: String, scratch: String) throws {
        self.directory = directory
        self.scratch = scratch
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// Reads a skill from a tar stream of its folder.
    func unpack(from descriptor: CInt) throws -> SkillTree {
        let draft = "\(scratch)/skill-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: draft) }
        let limits = ArchiveLimits(entries: SkillLimits().files * 2, bytes: Int64(SkillLimits().bytes))
        try TreeArchive.unpack(from: descriptor, to: draft, limits: limits)
        return try SkillTree(readingFrom: draft)
    }

    /// Receives a skill for trials; what of it agents could not load is said in `warnings`.
    func receive(from descriptor: CInt, path: String) throws -> SkillUpload.Result {
        let tree = try unpack(from: descriptor)
        guard let main = tree.main, let name = try SkillDocument(main.bytes).head.name, SkillLint.isName(name) else {
            throw WireError(
                .invalidParams,
                "\(path) is no skill: \(SkillTree.mainFile) with a 'name' of a-z, 0-9 and single hyphens is missing",
                reason: "notASkill",
                remedy: "executorctl skill lint \(path)"
            )
        }
        let problems = SkillLint.findings(tree).map(SkillProblem.init).filter(\.isBinding)
        return SkillUpload.Result(
            skill: SkillGiven(name: name, digest: try keep(tree)),
            warnings: problems.map { "\($0.text): \($0.remedy)" }
        )
    }

    /// Keeps a skill; the same content twice is one, and counts as new.
    @discardableResult
    func keep(_ tree: SkillTree) throws -> String {
        let digest = tree.digest
        let place = place(of: digest)
        guard utimensat(AT_FDCWD, place, nil, 0) != 0 else { return digest }
        let draft = "\(scratch)/skill-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: draft) }
        try tree.write(to: draft)
        if rename(draft, place) != 0 && errno != ENOTEMPTY && errno != EEXIST {
            throw WireError(.storageFailed, "rename \(draft): errno \(errno)")
        }
        return digest
    }

    /// Refuses skills that a trial cannot be given.
    func check(_ skills: [SkillGiven]) throws(WireError) {
        // A canary may stand beside the version whose place it takes.
        let certain = skills.filter { $0.share == nil }
        guard Set(certain.map(\.name)).count == certain.count else {
            throw WireError(.invalidParams, "two of the skills have one name", remedy: "give each skill once")
        }
        guard skills.count <= Self.most else {
            throw WireError(.invalidParams, "\(skills.count) skills are too many", remedy: "at most \(Self.most)")
        }
        for skill in skills {
            if let share = skill.share, !(0...1).contains(share) {
                throw WireError(.invalidParams, "the share of skill \(skill.name) is \(share)", remedy: "0 to 1")
            }
            let isDigest = skill.digest.hasPrefix("sha256:") && !skill.digest.contains("/")
            guard SkillLint.isName(skill.name), isDigest, access(place(of: skill.digest), F_OK) == 0 else {
                throw WireError(
                    .notFound,
                    "no skill \(skill.name) with the content \(skill.digest)",
                    remedy: "upload it with skill.upload first"
                )
            }
        }
    }

    private static let most = 64

    func tree(_ digest: String) throws -> SkillTree { try SkillTree(readingFrom: place(of: digest)) }

    /// All that are kept, and since when.
    func stored() throws -> [(digest: String, since: Timestamp)] {
        try FileManager.default.contentsOfDirectory(atPath: directory).compactMap { name in
            var status = stat()
            guard lstat("\(directory)/\(name)", &status) == 0 else { return nil }
            return ("sha256:" + name, Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000))
        }
    }

    func place(of digest: String) -> String {
        "\(directory)/\(digest.split(separator: ":").last.map(String.init) ?? digest)"
    }
}
