import Glibc
import Trajectory
import Wire

extension SkillLibrary {
    /// Makes a git repository with one commit for each version, in the order in which they were added.
    ///
    /// Each skill is a folder of its name. Author and time are those of the version, so equal libraries make equal commits, and later
    /// versions come on top. `skills` nil stands for all. The directory must be new or empty; needs `git` on the path.
    package func exportGit(_ skills: Set<String>? = nil, to directory: String) throws(SkillLibraryError) {
        do {
            try SkillTree().write(to: directory)
            let git = GitProgram(directory: directory)
            try git.run(["init", "--quiet", "--initial-branch=main", "--object-format=sha1", "--template="])
            let stream = directory + "/.git/executord-import"
            defer { unlink(stream) }
            try writeStream(skills, to: stream)
            try git.run(["fast-import", "--quiet", "--done"], input: stream)
            try git.run(["reset", "--quiet", "--hard"])
        } catch {
            throw Self.described(error)
        }
    }

    /// All versions as `git fast-import` reads them; see git-fast-import(1).
    private func writeStream(_ skills: Set<String>?, to path: String) throws {
        let sql = """
            SELECT v.skill, v.version, v.tree, v.added_at, v.proposal, e.actor
            FROM versions v JOIN events e ON e.version = v.id AND e.from_state IS NULL ORDER BY v.id
            """
        let versions = try database.rows(sql) { row throws(StoreError) in
            GitCommit(
                reference: SkillReference(row.text(0), row.int(1)),
                digest: row.text(2),
                time: row.time(3),
                proposal: try row.json(4, as: SkillProposal.self),
                actor: row.text(5)
            )
        }
        let chosen = versions.filter { skills?.contains($0.reference.skill) ?? true }
        if let missing = skills?.subtracting(versions.map(\.reference.skill)).min() { throw SkillLibraryError.noSkill(missing) }
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SkillFolderError.last("create", path) }
        defer { Glibc.close(file) }
        for version in chosen {
            try SkillFolderError.write(version.stream(try tree(digest: version.digest)), to: file, path)
        }
        // An empty library has an empty first commit: a branch without commits cannot be checked out.
        if chosen.isEmpty { try SkillFolderError.write(GitCommit.empty, to: file, path) }
        try SkillFolderError.write(Array("done\n".utf8), to: file, path)
    }
}

/// One version as a commit.
private struct GitCommit {
    let reference: SkillReference
    let digest: String
    let time: Timestamp
    let proposal: SkillProposal
    let actor: String

    static let empty = Array("commit refs/heads/main\ncommitter executord <executord> 0 +0000\ndata 14\nempty library\n\n".utf8)

    func stream(_ tree: SkillTree) -> [UInt8] {
        let seconds = time.milliseconds / 1000
        var stream: [UInt8] = []
        func line(_ text: String) { stream += Array((text + "\n").utf8) }
        func data(_ bytes: [UInt8]) {
            line("data \(bytes.count)")
            stream += bytes + [0x0a]
        }
        line("commit refs/heads/main")
        line("author \(Self.name(actor)) <executord> \(seconds) +0000")
        line("committer executord <executord> \(seconds) +0000")
        data(Array(message.utf8))
        line("D \(Self.quoted(reference.skill))")
        for path in tree.paths {
            guard let file = tree.files[path] else { continue }
            line("M \(file.isExecutable ? "100755" : "100644") inline \(Self.quoted("\(reference.skill)/\(path)"))")
            data(file.bytes)
        }
        return stream
    }

    private var message: String {
        var lines = ["\(reference.skill): version \(reference.version)", ""]
        if !proposal.rationale.isEmpty { lines += [proposal.rationale, ""] }
        lines.append("Source: \(proposal.source)")
        lines.append("Operation: \(proposal.operation.rawValue)")
        if !proposal.parents.isEmpty { lines.append("Parents: " + proposal.parents.map(\.description).joined(separator: ", ")) }
        lines.append("Digest: \(digest)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// A name that ends neither the line nor itself.
    private static func name(_ actor: String) -> String {
        let name = actor.unicodeScalars.filter { $0.value >= 0x20 && $0 != "<" && $0 != ">" }
        return name.isEmpty ? "unknown" : String(String.UnicodeScalarView(name))
    }

    private static func quoted(_ path: String) -> String {
        "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
