/// What a person decides about a version.
package enum SkillDecision: String, Codable, Sendable, CaseIterable {
    /// It is given to agents from now on.
    case promote
    /// It is not given to anybody until it has proved itself again.
    case quarantine
    /// It is out of use for good.
    case retire
}

package enum SkillDecide: Method {
    package static let name = "skill.decide"
    package struct Params: Codable, Sendable {
        package var reference: String
        package var decision: SkillDecision
        package var reason: String
        package init(reference: String, decision: SkillDecision, reason: String) {
            self.reference = reference
            self.decision = decision
            self.reason = reason
        }
    }
    package typealias Result = SkillRow
}

/// What trials were given, at every moment at which that changed, the oldest first.
package enum SkillSnapshots: Method {
    package static let name = "skill.snapshots"
    package typealias Params = Empty
    package struct Snapshot: Codable, Sendable, Hashable {
        package var number: Int
        package var digest: String
        package var at: Timestamp
        package var actor: String
        package var reason: String
        package init(number: Int, digest: String, at: Timestamp, actor: String, reason: String) {
            self.number = number
            self.digest = digest
            self.at = at
            self.actor = actor
            self.reason = reason
        }
    }
    package struct Result: Codable, Sendable {
        package var snapshots: [Snapshot]
        package init(snapshots: [Snapshot]) { self.snapshots = snapshots }
    }
}

/// What leads from one snapshot to another; either by the beginning of its digest.
package enum SkillDiff: Method {
    package static let name = "skill.diff"
    package struct Params: Codable, Sendable {
        package var from: String
        package var to: String
        package init(from: String, to: String) {
            self.from = from
            self.to = to
        }
    }
    package struct Result: Codable, Sendable {
        package var added: [String]
        package var removed: [String]
        /// `from` and `to` of what is another version, state, tier or scope of the same skill.
        package var changed: [[String]]
        package init(added: [String], removed: [String], changed: [[String]]) {
            self.added = added
            self.removed = removed
            self.changed = changed
        }
    }
}

/// Gives trials exactly what they were given at an earlier snapshot.
package enum SkillRollback: Method {
    package static let name = "skill.rollback"
    package struct Params: Codable, Sendable {
        package var snapshot: String
        package var reason: String
        package init(snapshot: String, reason: String) {
            self.snapshot = snapshot
            self.reason = reason
        }
    }
    package struct Result: Codable, Sendable {
        package var snapshot: String
        package var skills: [String]
        package init(snapshot: String, skills: [String]) {
            self.snapshot = snapshot
            self.skills = skills
        }
    }
}
