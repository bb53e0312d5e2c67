package import Wire

/// The versions that trials are given at one moment, named by its content: equal libraries have equal digests.
package struct LibrarySnapshot: Codable, Sendable, Hashable {
    /// One served version.
    package struct Entry: Codable, Sendable, Hashable {
        package let reference: SkillReference
        /// The digest of its tree.
        package let digest: String
        package let state: SkillState
        package let tier: SkillTier
        package let scope: SkillScope

        package init(_ version: SkillVersion) {
            reference = version.reference
            digest = version.digest
            state = version.state
            tier = version.tier
            scope = version.scope
        }
    }

    /// At most one version of a skill, in the order of names.
    package let entries: [Entry]
    /// `sha256:` of the entries' JSON.
    package let digest: String

    package init(_ entries: [Entry]) throws {
        self.entries = entries.sorted { $0.reference < $1.reference }
        digest = "sha256:" + SHA256.hex(of: try WireJSON.encode(self.entries))
    }
}

/// What leads from one snapshot to another.
package struct SnapshotDifference: Codable, Sendable, Hashable {
    package let added: [LibrarySnapshot.Entry]
    package let removed: [LibrarySnapshot.Entry]
    /// The same skill with another version, state, tier or scope.
    package let changed: [Change]

    package struct Change: Codable, Sendable, Hashable {
        package let from: LibrarySnapshot.Entry
        package let to: LibrarySnapshot.Entry
    }

    package init(from old: LibrarySnapshot, to new: LibrarySnapshot) {
        let before = Dictionary(old.entries.map { ($0.reference.skill, $0) }) { first, _ in first }
        let after = Dictionary(new.entries.map { ($0.reference.skill, $0) }) { first, _ in first }
        added = new.entries.filter { before[$0.reference.skill] == nil }
        removed = old.entries.filter { after[$0.reference.skill] == nil }
        changed = new.entries.compactMap { entry in
            guard let earlier = before[entry.reference.skill], earlier != entry else { return nil }
            return Change(from: earlier, to: entry)
        }
    }
}

/// A snapshot's place in time: the history names each one that the library ever had.
package struct SnapshotRecord: Codable, Sendable, Hashable {
    package let number: Int
    package let digest: String
    package let at: Timestamp
    package let actor: String
    package let reason: String
}
