import Trajectory
package import Wire

/// Every skill that was ever proposed, in all versions, with what became of them; nothing in it is ever removed.
///
/// One SQLite database. Every call that changes something is one transaction, durable when the call returns.
package actor SkillLibrary {
    /// The database's file.
    package nonisolated let path: String
    let database: Database
    private let executor = QueueExecutor(label: "executord.skills")

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens or creates the library's database.
    package static func open(path: String) throws(SkillLibraryError) -> SkillLibrary {
        do throws(StoreError) {
            let database = try Database(path: path)
            try Migrations.apply(to: database, SkillLibrarySchema.migrations)
            try SkillIndex.prepare(database)
            return try SkillLibrary(path: path, database: database)
        } catch {
            throw .store(error)
        }
    }

    private init(path: String, database: sending Database) throws(StoreError) {
        self.path = path
        self.database = database
    }

    /// Ends the connection; later calls throw.
    package func close() {
        database.close()
    }

    // MARK: - Changes

    /// Files a tree as the next version of the skill that its front matter names, in the state `proposed`.
    @discardableResult
    package func add(
        _ tree: SkillTree,
        _ proposal: SkillProposal,
        actor: String,
        at time: Timestamp = .now()
    ) throws(SkillLibraryError) -> SkillVersion {
        let document: SkillDocument
        do {
            if let path = tree.paths.first(where: { !SkillTree.isSafe(path: $0) }) {
                throw SkillLibraryError.folder(.unsafePath(path))
            }
            document = try SkillDocument(tree.main?.bytes ?? [])
        } catch let error as SkillLibraryError {
            throw error
        } catch {
            throw .nameless(reason: "\(error)")
        }
        guard let skill = document.head.name, SkillLint.isName(skill) else {
            throw .nameless(reason: "`name` must be 1 to 64 of a-z, 0-9 and single hyphens")
        }
        return try write { () throws in
            let newest = try versions(of: skill).last
            let digest = tree.digest
            if let newest, newest.digest == digest, newest.state != .deprecated {
                throw SkillLibraryError.known(newest.reference)
            }
            try keep(tree, digest: digest)
            let reference = SkillReference(skill, (newest?.reference.version ?? 0) + 1)
            try database.run(
                "INSERT INTO versions (skill, version, tree, proposal, added_at) VALUES (?, ?, ?, ?, ?)",
                .text(skill),
                .number(reference.version),
                .text(digest),
                .text(try storedJSON(proposal)),
                .time(time)
            )
            let id = try id(of: reference)
            try SkillIndex.add(document, features: proposal.features, id: id, to: database)
            let step = Step(actor: actor, at: time, reason: proposal.rationale, digests: [:])
            try append(id, from: nil, to: .proposed, tier: proposal.tier, scope: proposal.scope, step)
            return try version(id)
        }
    }

    /// Leads a version to another state, and gives it another tier or scope where one is named.
    ///
    /// A version that becomes served takes the place of the skill's served one, which is then deprecated.
    @discardableResult
    package func move(
        _ reference: SkillReference,
        to state: SkillState,
        reason: String,
        actor: String,
        digests: [String: String] = [:],
        tier: SkillTier? = nil,
        scope: SkillScope? = nil,
        at time: Timestamp = .now()
    ) throws(SkillLibraryError) -> SkillVersion {
        let step = Step(actor: actor, at: time, reason: reason, digests: digests)
        return try write { () throws in
            let id = try id(of: reference)
            let known = try version(id)
            guard known.state.successors.contains(state) else {
                throw SkillLibraryError.illegalMove(reference, from: known.state, to: state)
            }
            if state.isServed { try retireServed(reference.skill, but: id, for: reference, step) }
            try append(id, from: known.state, to: state, tier: tier ?? known.tier, scope: scope ?? known.scope, step)
            if state.isServed || known.state.isServed { try recordSnapshot(step) }
            return try version(id)
        }
    }

    /// Gives a version another tier or scope in the state that it is in.
    @discardableResult
    package func regrade(
        _ reference: SkillReference,
        tier: SkillTier? = nil,
        scope: SkillScope? = nil,
        reason: String,
        actor: String,
        digests: [String: String] = [:],
        at time: Timestamp = .now()
    ) throws(SkillLibraryError) -> SkillVersion {
        let step = Step(actor: actor, at: time, reason: reason, digests: digests)
        return try write { () throws in
            let id = try id(of: reference)
            let known = try version(id)
            let (newTier, newScope) = (tier ?? known.tier, scope ?? known.scope)
            try append(id, from: known.state, to: known.state, tier: newTier, scope: newScope, step)
            if known.state.isServed { try recordSnapshot(step) }
            return try version(id)
        }
    }

    /// Serves exactly what a snapshot had, as a new moment in the history: its digest is the old one's.
    @discardableResult
    package func rollback(
        to digest: String,
        reason: String,
        actor: String,
        at time: Timestamp = .now()
    ) throws(SkillLibraryError) -> LibrarySnapshot {
        let step = Step(actor: actor, at: time, reason: reason, digests: ["snapshot": digest])
        return try write { () throws in
            let target = try readSnapshot(digest)
            let now = try servedSnapshot()
            guard target.digest != now.digest else { throw SkillLibraryError.alreadyCurrent(target.digest) }
            let wanted = Set(target.entries)
            let kept = Set(target.entries.map(\.reference))
            for entry in now.entries where !kept.contains(entry.reference) {
                let id = try id(of: entry.reference)
                try append(id, from: entry.state, to: .deprecated, tier: entry.tier, scope: entry.scope, step)
            }
            for entry in target.entries {
                let id = try id(of: entry.reference)
                let known = try version(id)
                if known.state == .quarantined { throw SkillLibraryError.quarantined(entry.reference) }
                guard !wanted.contains(LibrarySnapshot.Entry(known)) else { continue }
                try append(id, from: known.state, to: entry.state, tier: entry.tier, scope: entry.scope, step)
            }
            try recordSnapshot(step)
            return try servedSnapshot()
        }
    }

    /// Notes what became of a trial that was given a version; the last word on a trial counts.
    package func record(_ use: SkillUse, of reference: SkillReference) throws(SkillLibraryError) {
        try write { () throws in
            try database.run(
                "INSERT INTO uses (version, trial, opened, followed, credit) VALUES (?, ?, ?, ?, ?)",
                .number(try id(of: reference)),
                .text(use.trial),
                .flag(use.opened),
                .flag(use.followed),
                .optional(use.credit?.rawValue)
            )
        }
    }

    // MARK: - Within a transaction

    /// Who does something, when and why.
    struct Step {
        let actor: String
        let at: Timestamp
        let reason: String
        let digests: [String: String]
    }

    /// One transaction; an error leaves the library as it was.
    @discardableResult
    func write<T>(_ body: () throws -> T) throws(SkillLibraryError) -> T {
        var failure: (any Error)?
        do {
            return try database.transaction(.full) { () throws(StoreError) -> T in
                do {
                    return try body()
                } catch let error as StoreError {
                    throw error
                } catch {
                    failure = error
                    throw StoreError.conflict("\(error)")
                }
            }
        } catch {
            throw Self.described(failure ?? error)
        }
    }

    /// Any error of a query or a check as one of the library's.
    static func described(_ error: any Error) -> SkillLibraryError {
        switch error {
        case let error as SkillLibraryError: error
        case let error as StoreError: .store(error)
        case let error as SkillFolderError: .folder(error)
        default: .store(.unstorable("\(error)"))
        }
    }

    private func keep(_ tree: SkillTree, digest: String) throws {
        for (path, file) in tree.files {
            let content = SHA256.hex(of: file.bytes)
            try database.run(
                "INSERT INTO contents (digest, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING",
                .text(content),
                .bytes(file.bytes)
            )
            try database.run(
                "INSERT INTO trees (tree, path, content, executable) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                .text(digest),
                .text(path),
                .text(content),
                .flag(file.isExecutable)
            )
        }
    }

    private func append(
        _ id: Int,
        from: SkillState?,
        to state: SkillState,
        tier: SkillTier,
        scope: SkillScope,
        _ step: Step
    ) throws {
        let scope = try storedJSON(scope)
        try database.run(
            """
            INSERT INTO events (version, at, actor, from_state, to_state, tier, scope, reason, digests)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .number(id),
            .time(step.at),
            .text(step.actor),
            .optional(from?.rawValue),
            .text(state.rawValue),
            .number(tier.rawValue),
            .text(scope),
            .text(step.reason),
            .text(try storedJSON(step.digests))
        )
        try database.run(
            """
            INSERT INTO standing (version, state, tier, scope) VALUES (?, ?, ?, ?)
            ON CONFLICT (version) DO UPDATE SET state = excluded.state, tier = excluded.tier, scope = excluded.scope
            """,
            .number(id),
            .text(state.rawValue),
            .number(tier.rawValue),
            .text(scope)
        )
    }

    private func retireServed(_ skill: String, but id: Int, for reference: SkillReference, _ step: Step) throws {
        for other in try versions(of: skill) where other.state.isServed && other.reference != reference {
            let reason = "superseded by \(reference)"
            let own = Step(
                actor: step.actor,
                at: step.at,
                reason: reason,
                digests: ["superseded_by": reference.description]
            )
            let (tier, scope) = (other.tier, other.scope)
            try append(
                try self.id(of: other.reference),
                from: other.state,
                to: .deprecated,
                tier: tier,
                scope: scope,
                own
            )
        }
    }

    private func recordSnapshot(_ step: Step) throws {
        let snapshot = try servedSnapshot()
        try database.run(
            "INSERT INTO snapshots (digest, entries) VALUES (?, ?) ON CONFLICT DO NOTHING",
            .text(snapshot.digest),
            .text(try storedJSON(snapshot.entries))
        )
        try database.run(
            "INSERT INTO history (snapshot, at, actor, reason) VALUES (?, ?, ?, ?)",
            .text(snapshot.digest),
            .time(step.at),
            .text(step.actor),
            .text(step.reason)
        )
    }
}
