/// One version of the library's skills, as lists show it.
package struct SkillRow: Codable, Sendable, Hashable {
    package var name: String
    package var version: Int
    package var digest: String
    /// One of the states of docs/skills.md.
    package var state: String
    /// `T1` to `T4`.
    package var tier: String
    package var description: String
    /// Where it may be used, in words; empty is everywhere.
    package var scope: String
    /// Who made it.
    package var source: String
    package var addedAt: Timestamp

    package init(
        name: String,
        version: Int,
        digest: String,
        state: String,
        tier: String,
        description: String,
        scope: String,
        source: String,
        addedAt: Timestamp
    ) {
        self.name = name
        self.version = version
        self.digest = digest
        self.state = state
        self.tier = tier
        self.description = description
        self.scope = scope
        self.source = source
        self.addedAt = addedAt
    }

    package var text: String { "\(name)@\(version)" }
}

/// One step in a version's life, as its log shows it.
package struct SkillStep: Codable, Sendable, Hashable {
    package var number: Int
    package var at: Timestamp
    package var actor: String
    package var version: Int
    package var from: String?
    package var to: String
    package var tier: String
    package var reason: String
    /// What the decision was made on, by name.
    package var digests: [String: String]

    package init(
        number: Int,
        at: Timestamp,
        actor: String,
        version: Int,
        from: String?,
        to: String,
        tier: String,
        reason: String,
        digests: [String: String]
    ) {
        self.number = number
        self.at = at
        self.actor = actor
        self.version = version
        self.from = from
        self.to = to
        self.tier = tier
        self.reason = reason
        self.digests = digests
    }
}

/// A place where a skill breaks a rule.
package struct SkillProblem: Codable, Sendable, Hashable {
    package var rule: String
    package var file: String
    package var line: Int?
    package var cause: String
    package var remedy: String
    /// A skill that breaks it is refused.
    package var isBinding: Bool

    package init(rule: String, file: String, line: Int?, cause: String, remedy: String, isBinding: Bool) {
        self.rule = rule
        self.file = file
        self.line = line
        self.cause = cause
        self.remedy = remedy
        self.isBinding = isBinding
    }

    /// `SKILL.md:3: cause`.
    package var text: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(cause)" }
}

/// The versions in the library, by name.
package enum SkillList: Method {
    package static let name = "skill.list"
    package struct Params: Codable, Sendable {
        /// nil is all but those that are out of use.
        package var states: [String]?
        package init(states: [String]? = nil) { self.states = states }
    }
    package struct Result: Codable, Sendable {
        package var skills: [SkillRow]
        /// Of what trials are given now.
        package var snapshot: String
        package init(skills: [SkillRow], snapshot: String) {
            self.skills = skills
            self.snapshot = snapshot
        }
    }
}

/// A version that a call is about: `name@version`, or `name` for the served one, else the newest.
package struct SkillChoiceReference: Codable, Sendable {
    package var reference: String
    package init(reference: String) { self.reference = reference }
}

/// One version with its text, what supports its lines, and its use.
package enum SkillShow: Method {
    package static let name = "skill.show"
    package typealias Params = SkillChoiceReference
    package struct Support: Codable, Sendable, Hashable {
        package var file: String
        package var first: Int
        package var last: Int
        package var evidence: [String]
        package init(file: String, first: Int, last: Int, evidence: [String]) {
            self.file = file
            self.first = first
            self.last = last
            self.evidence = evidence
        }
    }
    package struct Usage: Codable, Sendable, Hashable {
        package var mounted: Int
        package var opened: Int
        package var followed: Int
        /// Of the trials that can be held against one without it: what it did to their verdicts.
        package var helped: Int
        package var hurt: Int
        package var neutral: Int
        package init(mounted: Int, opened: Int, followed: Int, helped: Int, hurt: Int, neutral: Int) {
            self.mounted = mounted
            self.opened = opened
            self.followed = followed
            self.helped = helped
            self.hurt = hurt
            self.neutral = neutral
        }
    }
    package struct Result: Codable, Sendable {
        package var skill: SkillRow
        package var rationale: String
        /// The versions that it was made of.
        package var parents: [String]
        package var files: [String]
        /// Of SKILL.md.
        package var text: String
        package var support: [Support]
        package var usage: Usage
        /// What the gate said last at each stage that it asked.
        package var gate: [GateStep]
        package init(
            skill: SkillRow,
            rationale: String,
            parents: [String],
            files: [String],
            text: String,
            support: [Support],
            usage: Usage,
            gate: [GateStep] = []
        ) {
            self.skill = skill
            self.rationale = rationale
            self.parents = parents
            self.files = files
            self.text = text
            self.support = support
            self.usage = usage
            self.gate = gate
        }
    }
}

/// Everything that happened to a skill's versions, the oldest first.
package enum SkillLog: Method {
    package static let name = "skill.log"
    package struct Params: Codable, Sendable {
        package var skill: String
        package init(skill: String) { self.skill = skill }
    }
    package struct Result: Codable, Sendable {
        package var steps: [SkillStep]
        /// Everything that the gate decided, the oldest first.
        package var gate: [GateStep]
        package init(steps: [SkillStep], gate: [GateStep] = []) {
            self.steps = steps
            self.gate = gate
        }
    }
}

/// Reads a folder, through the pipe that comes with the frame, and says what is wrong with it.
package enum SkillCheck: Method {
    package static let name = "skill.check"
    package struct Params: Codable, Sendable {
        /// The folder's name, which must be the skill's.
        package var directory: String
        package init(directory: String) { self.directory = directory }
    }
    package struct Result: Codable, Sendable {
        package var problems: [SkillProblem]
        package init(problems: [SkillProblem]) { self.problems = problems }
    }
}

/// Takes a folder, through the pipe that comes with the frame, into the library as the next version of its skill.
package enum SkillImport: Method {
    package static let name = "skill.import"
    package struct Params: Codable, Sendable {
        package var directory: String
        /// Why, for the log.
        package var reason: String
        /// Families and roles that it is for; empty is all.
        package var families: [String]
        package var roles: [String]
        package init(directory: String, reason: String, families: [String] = [], roles: [String] = []) {
            self.directory = directory
            self.reason = reason
            self.families = families
            self.roles = roles
        }
    }
    package typealias Result = SkillRow
}

/// Writes a tar stream of Agent Skills folders to the pipe that comes with the frame.
package enum SkillExport: Method {
    package static let name = "skill.export"
    package struct Params: Codable, Sendable {
        /// One version; nil is all that is served.
        package var reference: String?
        /// A git repository with a commit for each version of the skill, or of all, instead of folders.
        package var git: Bool
        package init(reference: String?, git: Bool = false) {
            self.reference = reference
            self.git = git
        }
    }
    package struct Result: Codable, Sendable {
        package var folders: [String]
        package init(folders: [String]) { self.folders = folders }
    }
}

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

/// Looks for skills by words, commands or an instruction.
package enum SkillSearch: Method {
    package static let name = "skill.search"
    package struct Params: Codable, Sendable {
        package var text: String
        package var family: String?
        package var role: String?
        /// All states instead of those that are served.
        package var all: Bool
        package var limit: Int
        package init(text: String, family: String? = nil, role: String? = nil, all: Bool = false, limit: Int = 10) {
            self.text = text
            self.family = family
            self.role = role
            self.all = all
            self.limit = limit
        }
    }
    package struct Hit: Codable, Sendable {
        package var skill: SkillRow
        /// Greater is better, and comparable within one answer only.
        package var score: Double
        package init(skill: SkillRow, score: Double) {
            self.skill = skill
            self.score = score
        }
    }
    package struct Result: Codable, Sendable {
        package var hits: [Hit]
        package init(hits: [Hit]) { self.hits = hits }
    }
}
