import Trajectory
import Wire

extension SkillLibrary {
    /// What trials are given now.
    package func current() throws(SkillLibraryError) -> LibrarySnapshot {
        try reading { try servedSnapshot() }
    }

    /// A snapshot that the library had; a prefix of its digest is enough, with or without `sha256:`.
    package func snapshot(_ digest: String) throws(SkillLibraryError) -> LibrarySnapshot {
        try reading { try readSnapshot(digest) }
    }

    /// Every snapshot that the library had, the oldest first.
    package func history() throws(SkillLibraryError) -> [SnapshotRecord] {
        try reading {
            try database.rows("SELECT id, snapshot, at, actor, reason FROM history ORDER BY id") { row in
                SnapshotRecord(
                    number: row.int(0),
                    digest: row.text(1),
                    at: row.time(2),
                    actor: row.text(3),
                    reason: row.text(4)
                )
            }
        }
    }

    /// What leads from one snapshot to another, each named by a prefix of its digest.
    package func diff(_ old: String, _ new: String) throws(SkillLibraryError) -> SnapshotDifference {
        try reading { SnapshotDifference(from: try readSnapshot(old), to: try readSnapshot(new)) }
    }

    package func version(_ reference: SkillReference) throws(SkillLibraryError) -> SkillVersion {
        try reading { try version(id(of: reference)) }
    }

    /// All versions of a skill, the oldest first; at least one.
    package func all(of skill: String) throws(SkillLibraryError) -> [SkillVersion] {
        try reading {
            let found = try versions(of: skill)
            guard !found.isEmpty else { throw SkillLibraryError.noSkill(skill) }
            return found
        }
    }

    /// The versions in any of `states` that a trial of that kind may be given, in the order of names.
    package func skills(
        in trial: TrialKind? = nil,
        states: Set<SkillState> = [.active, .narrowed]
    ) throws(SkillLibraryError) -> [SkillVersion] {
        try reading {
            let sql = Self.selection + " WHERE s.state IN (SELECT value FROM json_each(?)) ORDER BY v.skill, v.version"
            let found = try database.rows(
                sql,
                .text(try storedJSON(states.map(\.rawValue).sorted())),
                read: Self.version
            )
            guard let trial else { return found }
            return found.filter { $0.scope.admits(trial) }
        }
    }

    /// Everything that happened to a skill's versions, the oldest first.
    package func log(_ skill: String) throws(SkillLibraryError) -> [SkillEvent] {
        try reading {
            let sql = """
                SELECT e.id, v.skill, v.version, e.at, e.actor, e.from_state, e.to_state, e.tier, e.scope, e.reason, e.digests
                FROM events e JOIN versions v ON v.id = e.version WHERE v.skill = ? ORDER BY e.id
                """
            let events = try database.rows(sql, .text(skill), read: Self.event)
            guard !events.isEmpty else { throw SkillLibraryError.noSkill(skill) }
            return events
        }
    }

    /// The files of a version.
    package func tree(_ reference: SkillReference) throws(SkillLibraryError) -> SkillTree {
        try reading { try tree(digest: version(id(of: reference)).digest) }
    }

    /// How often a version was used, and what came of it.
    package func usage(_ reference: SkillReference) throws(SkillLibraryError) -> SkillUsage {
        try reading {
            let sql = """
                SELECT count(*), coalesce(sum(opened), 0), coalesce(sum(followed), 0),
                    coalesce(sum(credit = 'helped'), 0), coalesce(sum(credit = 'hurt'), 0),
                    coalesce(sum(credit = 'neutral'), 0)
                FROM uses WHERE id IN (SELECT max(id) FROM uses WHERE version = ? GROUP BY trial)
                """
            let usage = try database.first(sql, .number(try id(of: reference))) { row in
                SkillUsage(
                    mounted: row.int(0),
                    opened: row.int(1),
                    followed: row.int(2),
                    helped: row.int(3),
                    hurt: row.int(4),
                    neutral: row.int(5)
                )
            }
            return usage ?? SkillUsage(mounted: 0, opened: 0, followed: 0, helped: 0, hurt: 0, neutral: 0)
        }
    }

    /// Writes a version as `<directory>/<name>/`, an Agent Skills folder; returns its path.
    @discardableResult
    package func export(_ reference: SkillReference, to directory: String) throws(SkillLibraryError) -> String {
        let files = try tree(reference)
        let folder = "\(directory)/\(reference.skill)"
        do throws(SkillFolderError) {
            try files.write(to: folder)
        } catch {
            throw .folder(error)
        }
        return folder
    }

    // MARK: - Parts of queries

    /// Runs queries that belong together.
    func reading<T>(_ body: () throws -> T) throws(SkillLibraryError) -> T {
        do {
            return try body()
        } catch {
            throw Self.described(error)
        }
    }

    private static let selection = """
        SELECT v.skill, v.version, v.tree, v.proposal, v.added_at, s.state, s.tier, s.scope
        FROM versions v JOIN standing s ON s.version = v.id
        """

    private static func version(_ row: Row) throws(StoreError) -> SkillVersion {
        SkillVersion(
            reference: SkillReference(row.text(0), row.int(1)),
            digest: row.text(2),
            proposal: try row.json(3, as: SkillProposal.self),
            addedAt: row.time(4),
            state: try row.word(5, as: SkillState.self),
            tier: try tier(row.int(6)),
            scope: try row.json(7, as: SkillScope.self)
        )
    }

    private static func event(_ row: Row) throws(StoreError) -> SkillEvent {
        SkillEvent(
            number: row.int(0),
            reference: SkillReference(row.text(1), row.int(2)),
            at: row.time(3),
            actor: row.text(4),
            from: row.isNull(5) ? nil : try row.word(5, as: SkillState.self),
            to: try row.word(6, as: SkillState.self),
            tier: try tier(row.int(7)),
            scope: try row.json(8, as: SkillScope.self),
            reason: row.text(9),
            digests: try row.json(10, as: [String: String].self)
        )
    }

    private static func tier(_ number: Int) throws(StoreError) -> SkillTier {
        guard let tier = SkillTier(rawValue: number) else { throw .damaged("\(number) is no tier") }
        return tier
    }

    func id(of reference: SkillReference) throws -> Int {
        let sql = "SELECT id FROM versions WHERE skill = ? AND version = ?"
        let id = try database.first(sql, .text(reference.skill), .number(reference.version)) { row in row.int(0) }
        guard let id else { throw SkillLibraryError.noVersion(reference) }
        return id
    }

    func version(_ id: Int) throws -> SkillVersion {
        let found = try database.first(Self.selection + " WHERE v.id = ?", .number(id), read: Self.version)
        guard let found else { throw StoreError.damaged("version \(id) has no standing") }
        return found
    }

    /// Name and standing of a version, without what takes long to read.
    func standing(
        _ id: Int
    ) throws -> (reference: SkillReference, state: SkillState, tier: SkillTier, scope: SkillScope)? {
        let sql = """
            SELECT v.skill, v.version, s.state, s.tier, s.scope FROM versions v JOIN standing s ON s.version = v.id
            WHERE v.id = ?
            """
        return try database.first(sql, .number(id)) { row throws(StoreError) in
            let scope = row.text(4) == Self.everywhere ? SkillScope() : try row.json(4, as: SkillScope.self)
            let reference = SkillReference(row.text(0), row.int(1))
            return (reference, try row.word(2, as: SkillState.self), try Self.tier(row.int(3)), scope)
        }
    }

    /// The JSON of the scope that most versions have.
    private static let everywhere = try? storedJSON(SkillScope())

    func versions(of skill: String) throws -> [SkillVersion] {
        try database.rows(Self.selection + " WHERE v.skill = ? ORDER BY v.version", .text(skill), read: Self.version)
    }

    func servedSnapshot() throws -> LibrarySnapshot {
        let sql = Self.selection + " WHERE s.state IN ('active', 'narrowed')"
        return try LibrarySnapshot(try database.rows(sql, read: Self.version).map(LibrarySnapshot.Entry.init))
    }

    func readSnapshot(_ digest: String) throws -> LibrarySnapshot {
        let hex = digest.hasPrefix("sha256:") ? digest.dropFirst(7) : digest[...]
        guard !hex.isEmpty, hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
            throw SkillLibraryError.noSnapshot(digest)
        }
        let sql = "SELECT digest, entries FROM snapshots WHERE digest >= ? AND digest < ? LIMIT 2"
        let found = try database.rows(sql, .text("sha256:" + hex), .text("sha256:" + hex + "g")) {
            row throws(StoreError) in
            (digest: row.text(0), entries: try row.json(1, as: [LibrarySnapshot.Entry].self))
        }
        guard let first = found.first else {
            let empty = try LibrarySnapshot([])
            if empty.digest.hasPrefix("sha256:" + hex) { return empty }
            throw SkillLibraryError.noSnapshot(digest)
        }
        guard found.count == 1 else { throw SkillLibraryError.ambiguousSnapshot(digest) }
        let snapshot = try LibrarySnapshot(first.entries)
        guard snapshot.digest == first.digest else {
            throw StoreError.damaged("the snapshot \(first.digest) has other entries than its digest says")
        }
        return snapshot
    }

    func tree(digest: String) throws -> SkillTree {
        let sql =
            "SELECT t.path, c.bytes, t.executable FROM trees t JOIN contents c ON c.digest = t.content WHERE t.tree = ?"
        let files = try database.rows(sql, .text(digest)) { row in
            (row.text(0), SkillTree.File(row.bytes(1), isExecutable: row.flag(2)))
        }
        let tree = SkillTree(Dictionary(files) { first, _ in first })
        guard tree.digest == digest else {
            throw StoreError.damaged("the files of \(digest) have the digest \(tree.digest)")
        }
        return tree
    }
}
