/// A degenerate answer that is tried on a verifier, and what it is made of.
package struct VerifierAttack: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// Nothing is done.
        case null
        /// Every file that the instruction names is there, and empty.
        case emptyFiles = "empty-files"
        /// The instruction's text in each of them.
        case instructionPaste = "instruction-paste"
        /// The reference solution's result, one file cut to half or left out.
        case truncatedOracle = "truncated-oracle"
        /// The reference solution's result with one small thing changed.
        case mutatedOracle = "mutated-oracle"

        /// The answer has nothing of the solution in it: a verifier that lets it pass looks at nothing.
        package var knowsNothing: Bool { self != .truncatedOracle && self != .mutatedOracle }
    }
    package var kind: Kind
    /// The file that differs from the reference solution's; nil where none does.
    package var file: String?
    /// For people: `line 3: '41' to '42'`.
    package var change: String

    package init(_ kind: Kind, file: String? = nil, change: String) {
        self.kind = kind
        self.file = file
        self.change = change
    }

    package var description: String { "\(kind.rawValue): \(file.map { "\($0): " } ?? "")\(change)" }
}

/// How much it takes to deceive a task's verifier, as it was measured.
package struct TaskStrength: Codable, Sendable, Hashable {
    /// The task's.
    package var digest: String
    package var name: String
    package var measuredAt: Timestamp
    /// The same task and seed make the same attacks, if the solution writes the same.
    package var seed: UInt64
    /// The trials' job.
    package var job: String
    /// The reference solution's trial, which passed.
    package var oracle: String
    /// The share of attacks that did not pass; 0 when one passed that knows nothing of the solution.
    package var strength: Double
    /// Wilson's interval of 95 % for the share that did not pass.
    package var low: Double
    package var high: Double
    /// The mean reward of an attack: what a soft reward gives away.
    package var meanReward: Double
    package var kinds: [Tally]
    package var attacks: [Outcome]

    /// What a weaker verifier says is no evidence.
    package static let leastTrusted = 0.8

    /// The attacks of one kind that count.
    package struct Tally: Codable, Sendable, Hashable {
        package var kind: VerifierAttack.Kind
        package var attacks: Int
        package var accepted: Int
        package var meanReward: Double
        package init(kind: VerifierAttack.Kind, attacks: Int, accepted: Int, meanReward: Double) {
            self.kind = kind
            self.attacks = attacks
            self.accepted = accepted
            self.meanReward = meanReward
        }
    }

    /// What one attack came to.
    package struct Outcome: Codable, Sendable, Hashable {
        package var attack: VerifierAttack
        package var trial: String
        /// nil where the trial ended without a verdict.
        package var verdict: VerdictOutcome?
        package var reward: Double?
        /// Why it is in none of the figures; nil where it is.
        package var uncounted: Uncounted?
        package init(
            attack: VerifierAttack,
            trial: String,
            verdict: VerdictOutcome?,
            reward: Double?,
            uncounted: Uncounted? = nil
        ) {
            self.attack = attack
            self.trial = trial
            self.verdict = verdict
            self.reward = reward
            self.uncounted = uncounted
        }

        package var isAccepted: Bool { verdict == .passed }
    }

    package enum Uncounted: String, Codable, Sendable {
        /// The trial has no verdict, or the verifier gave none.
        case noVerdict
        /// The instruction does not name the file, and the verifier passes without it and with half of it.
        case incidentalFile
    }

    package init(
        digest: String,
        name: String,
        measuredAt: Timestamp,
        seed: UInt64,
        job: String,
        oracle: String,
        strength: Double,
        low: Double,
        high: Double,
        meanReward: Double,
        kinds: [Tally],
        attacks: [Outcome]
    ) {
        self.digest = digest
        self.name = name
        self.measuredAt = measuredAt
        self.seed = seed
        self.job = job
        self.oracle = oracle
        self.strength = strength
        self.low = low
        self.high = high
        self.meanReward = meanReward
        self.kinds = kinds
        self.attacks = attacks
    }
}

/// Attacks an uploaded task's verifier with degenerate answers, each a trial, and keeps the score with the task's digest.
package enum TaskAttack: Method {
    package static let name = "task.attack"
    package struct Params: Codable, Sendable {
        package var digest: String
        package var path: String
        package var seed: UInt64
        /// Mutations of what the reference solution wrote.
        package var mutations: Int
        /// Of the whole measurement; nil is no limit.
        package var timeoutSeconds: Double?
        package var allowUnenforced: Bool
        /// Values of the host variables that the task's templates name.
        package var templates: [String: String]

        package init(
            digest: String,
            path: String,
            seed: UInt64 = 1,
            mutations: Int = 12,
            timeoutSeconds: Double? = nil,
            allowUnenforced: Bool = false,
            templates: [String: String] = [:]
        ) {
            self.digest = digest
            self.path = path
            self.seed = seed
            self.mutations = mutations
            self.timeoutSeconds = timeoutSeconds
            self.allowUnenforced = allowUnenforced
            self.templates = templates
        }

        /// Only `digest` and `path` must be there; the rest has its defaults.
        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                digest: try container.decode(String.self, forKey: .digest),
                path: try container.decode(String.self, forKey: .path),
                seed: try container.decodeIfPresent(UInt64.self, forKey: .seed) ?? 1,
                mutations: try container.decodeIfPresent(Int.self, forKey: .mutations) ?? 12,
                timeoutSeconds: try container.decodeIfPresent(Double.self, forKey: .timeoutSeconds),
                allowUnenforced: try container.decodeIfPresent(Bool.self, forKey: .allowUnenforced) ?? false,
                templates: try container.decodeIfPresent([String: String].self, forKey: .templates) ?? [:]
            )
        }
    }
    package typealias Result = TaskStrength
}

/// The caller's newest measurement of a task's verifier.
package enum TaskStrengthGet: Method {
    package static let name = "task.strength"
    package struct Params: Codable, Sendable {
        package var digest: String
        package init(digest: String) { self.digest = digest }
    }
    package struct Result: Codable, Sendable {
        /// nil when nobody has measured it.
        package var strength: TaskStrength?
        package init(strength: TaskStrength?) { self.strength = strength }
    }
}
