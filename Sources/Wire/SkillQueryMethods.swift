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
