/// Lets a distiller read verified trials and propose skills; what it proposes is filed in the library, and given to nobody yet.
///
/// A distiller of the caller's own, `exec`, comes as a tar stream from the one descriptor that is passed with the frame.
/// Meanwhile `skill.progress` says how far it is.
package enum SkillDistill: Method {
    package static let name = "skill.distill"
    package struct Params: Codable, Sendable {
        /// `mine`, `raw`, `curate`, one that the administrator has named, or `exec`.
        package var plugin: String
        /// Names of jobs and trials; empty is every trial that may be learnt from.
        package var from: [String]
        /// Only tasks of this family; nil is one request for each.
        package var family: String?
        /// Proposes, and files nothing.
        package var dryRun: Bool
        /// Of `exec`: what is run in the directory that the stream has.
        package var command: [String]?
        /// What a program may take for each request, of wall clock and of processor time; nil is what its settings say.
        package var timeoutSeconds: Double?
        /// Runs that each request may have repeated, to find out what of them is needed; nil is 64.
        ///
        /// Only for distillers of the daemon's own.
        package var replays: Int?
        /// The library that is to be learnt for, in place of the daemon's, which then stays as it is; nil is the daemon's.
        package var library: [SkillGiven]?
        package init(
            plugin: String,
            from: [String] = [],
            family: String? = nil,
            dryRun: Bool = false,
            command: [String]? = nil,
            timeoutSeconds: Double? = nil,
            replays: Int? = nil,
            library: [SkillGiven]? = nil
        ) {
            self.plugin = plugin
            self.from = from
            self.family = family
            self.dryRun = dryRun
            self.command = command
            self.timeoutSeconds = timeoutSeconds
            self.replays = replays
            self.library = library
        }
    }

    /// What one proposal came to.
    package struct Proposal: Codable, Sendable {
        package var family: String
        package var operation: String
        package var skills: [String]
        package var rationale: String
        /// `name@version` that it became; nil where it was refused, or only tried.
        package var filed: String?
        /// Why it was refused.
        package var refused: String?
        /// SKILL.md as it would be; nil where the proposal has no text.
        package var text: String?
        /// What trials can be given; only where the request came with a library of its own.
        package var result: SkillGiven?
        /// Of all files of `result`.
        package var size: SkillSize?
        package init(
            family: String,
            operation: String,
            skills: [String],
            rationale: String,
            filed: String? = nil,
            refused: String? = nil,
            text: String? = nil,
            result: SkillGiven? = nil,
            size: SkillSize? = nil
        ) {
            self.family = family
            self.operation = operation
            self.skills = skills
            self.rationale = rationale
            self.filed = filed
            self.refused = refused
            self.text = text
            self.result = result
            self.size = size
        }
    }
    package struct Result: Codable, Sendable {
        /// Trials that were read.
        package var trials: Int
        /// Trials that may not be learnt from, by reason.
        package var withheld: [String: Int]
        package var proposals: [Proposal]
        package var notes: [String]
        package init(trials: Int, withheld: [String: Int], proposals: [Proposal], notes: [String]) {
            self.trials = trials
            self.withheld = withheld
            self.proposals = proposals
            self.notes = notes
        }
    }
}

/// What a distiller says of itself while it works, to the connection that waits for it.
package enum SkillDistillProgress: NotificationKind {
    package static let name = "skill.progress"
    package struct Params: Codable, Sendable {
        package var plugin: String
        package var text: String
        package var done: Double?
        package var total: Double?
        package init(plugin: String, text: String, done: Double? = nil, total: Double? = nil) {
            self.plugin = plugin
            self.text = text
            self.done = done
            self.total = total
        }
    }
}

/// Which actions of another trial a trial does again.
package struct TrialRepetition: Codable, Sendable, Hashable {
    package var trial: String
    /// Their numbers there.
    package var actions: [Int]
    /// Who asked for it.
    package var distiller: String

    package init(of trial: String, actions: [Int], distiller: String) {
        self.trial = trial
        self.actions = actions
        self.distiller = distiller
    }
}
