package import Wire

/// One line of results.jsonl: a trial that has ended, or a library as a stage left it.
package struct EvaluationRecord: Codable, Sendable, Hashable {
    package var trial: MeasuredTrial?
    package var library: LibraryStage?

    package init(trial: MeasuredTrial) { self.trial = trial }
    package init(library: LibraryStage) { self.library = library }

    /// Reads a file that may have been cut off in the middle of its last line.
    ///
    /// - Returns: the records, and how many bytes are whole lines.
    /// - Throws: the number of the first whole line that is none.
    package static func read(_ bytes: [UInt8]) throws(Unreadable) -> (records: [EvaluationRecord], whole: Int) {
        var (records, whole) = ([EvaluationRecord](), 0)
        while let end = bytes[whole...].firstIndex(of: UInt8(ascii: "\n")) {
            do {
                records.append(try WireJSON.decode(EvaluationRecord.self, from: Array(bytes[whole..<end])))
            } catch {
                throw Unreadable(line: records.count + 1)
            }
            whole = end + 1
        }
        return (records, whole)
    }

    package struct Unreadable: Error, Sendable, Equatable {
        package let line: Int
    }
}

/// A trial and what came of it.
package struct MeasuredTrial: Codable, Sendable, Hashable {
    /// `LibraryStage.key` of the library that it was given; nil for the teacher's.
    package var library: String?
    /// Its place in the plan's agents; 0 for the teacher.
    package var agent: Int
    package var instance: Instance
    /// From 1.
    package var attempt: Int
    /// The daemon's name for it.
    package var trial: String
    /// nil where it ended without a verdict.
    package var outcome: VerdictOutcome?
    package var rewards: [String: Double]
    package var exception: String?
    package var actions: Int
    /// Names of the skills that were opened, and of those that were followed.
    package var opened: [String]
    package var followed: [String]

    package init(
        library: String?,
        agent: Int,
        instance: Instance,
        attempt: Int,
        trial: String,
        outcome: VerdictOutcome?,
        rewards: [String: Double],
        exception: String? = nil,
        actions: Int = 0,
        opened: [String] = [],
        followed: [String] = []
    ) {
        self.library = library
        self.agent = agent
        self.instance = instance
        self.attempt = attempt
        self.trial = trial
        self.outcome = outcome
        self.rewards = rewards
        self.exception = exception
        self.actions = actions
        self.opened = opened
        self.followed = followed
    }

    /// 1 or 0; nil where the verifier gave no answer, which is neither.
    package var passed: Double? {
        switch outcome {
        case .passed: 1
        case .failed: 0
        case .unverifiable, nil: nil
        }
    }
}

/// A skill of an evaluation's library.
package struct LibrarySkill: Codable, Sendable, Hashable {
    package var family: String
    package var skill: SkillGiven
    /// Lines and bytes of all its files.
    package var lines: Int
    package var bytes: Int
    /// Its SKILL.md.
    package var text: String

    package init(family: String, skill: SkillGiven, lines: Int, bytes: Int, text: String) {
        self.family = family
        self.skill = skill
        self.lines = lines
        self.bytes = bytes
        self.text = text
    }
}

/// The library of a condition after a stage of its learning; stage 0 is what it began with.
package struct LibraryStage: Codable, Sendable, Hashable {
    package var condition: Condition
    package var order: LearningOrder
    package var stage: Int
    package var skills: [LibrarySkill]
    /// Skills that were made, those that were changed, and proposals that were refused, with the reason.
    package var created: [String]
    package var revised: [String]
    package var refused: [String]
    /// What the distiller said, and what could not be had.
    package var notes: [String]

    package init(
        condition: Condition,
        order: LearningOrder,
        stage: Int,
        skills: [LibrarySkill],
        created: [String] = [],
        revised: [String] = [],
        refused: [String] = [],
        notes: [String] = []
    ) {
        self.condition = condition
        self.order = order
        self.stage = stage
        self.skills = skills
        self.created = created
        self.revised = revised
        self.refused = refused
        self.notes = notes
    }

    /// Names what agents are given: equal libraries have one key, and their trials are the same trials.
    package static func key(of skills: [LibrarySkill]) -> String {
        guard !skills.isEmpty else { return "none" }
        let lines = skills.map { "\($0.skill.name)\0\($0.skill.digest)\n" }.sorted()
        return String(SHA256.hex(of: Array(lines.joined().utf8)).prefix(16))
    }
}
