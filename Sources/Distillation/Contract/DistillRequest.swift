package import Wire

/// What a distiller is given: verified runs, the library's excerpt, and what it may propose.
///
/// It holds training runs only. Hidden checks, solutions and held-out tasks have no field to travel in.
package struct DistillRequest: Codable, Sendable, Hashable {
    /// The value of `schema`.
    package static let schema = "executord.distill.request/1"

    package var schema: String
    package var requestID: String
    package var created: Timestamp
    /// Of whatever the distiller draws; the same request gives the same answer.
    package var seed: UInt64
    package var library: Library
    package var scope: Scope
    package var policy: Policy
    package var budget: Budget
    package var trajectories: [Trajectory]
    /// Successes and failures of one task, side by side.
    package var pairs: [Pair]
    package var history: History

    enum CodingKeys: String, CodingKey {
        case schema, created, seed, library, scope, policy, budget, trajectories, pairs, history
        case requestID = "request_id"
    }

    package init(
        schema: String,
        requestID: String,
        created: Timestamp,
        seed: UInt64,
        library: Library,
        scope: Scope,
        policy: Policy,
        budget: Budget,
        trajectories: [Trajectory],
        pairs: [Pair] = [],
        history: History = History()
    ) {
        self.schema = schema
        self.requestID = requestID
        self.created = created
        self.seed = seed
        self.library = library
        self.scope = scope
        self.policy = policy
        self.budget = budget
        self.trajectories = trajectories
        self.pairs = pairs
        self.history = history
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        try decoder.requireSchema(Self.schema, in: members, forKey: .schema)
        schema = try members.decode(String.self, forKey: .schema)
        requestID = try members.decode(String.self, forKey: .requestID)
        created = try members.decode(Timestamp.self, forKey: .created)
        seed = try members.decode(UInt64.self, forKey: .seed)
        library = try members.decode(Library.self, forKey: .library)
        scope = try members.decode(Scope.self, forKey: .scope)
        policy = try members.decode(Policy.self, forKey: .policy)
        budget = try members.decode(Budget.self, forKey: .budget)
        trajectories = try members.decode([Trajectory].self, forKey: .trajectories)
        pairs = try members.decodeIfPresent([Pair].self, forKey: .pairs) ?? []
        history = try members.decodeIfPresent(History.self, forKey: .history) ?? History()
    }
}

extension DistillRequest {
    /// What the proposals shall be about.
    package struct Scope: Codable, Sendable, Hashable {
        package var family: String?
        package var role: String?
        package var environment: String?
        package var models: [String]
        package var harnesses: [String]

        enum CodingKeys: String, CodingKey {
            case family, role, environment, models, harnesses
        }

        package init(
            family: String? = nil,
            role: String? = nil,
            environment: String? = nil,
            models: [String] = [],
            harnesses: [String] = []
        ) {
            self.family = family
            self.role = role
            self.environment = environment
            self.models = models
            self.harnesses = harnesses
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            family = try members.decodeIfPresent(String.self, forKey: .family)
            role = try members.decodeIfPresent(String.self, forKey: .role)
            environment = try members.decodeIfPresent(String.self, forKey: .environment)
            models = try members.decodeIfPresent([String].self, forKey: .models) ?? []
            harnesses = try members.decodeIfPresent([String].self, forKey: .harnesses) ?? []
        }
    }

    /// The limits of a response, which the host checks afterwards.
    package struct Policy: Codable, Sendable, Hashable {
        package var split: Split
        package var feedback: Feedback
        /// In one proposal.
        package var maxEdits: Int
        package var maxNewSkills: Int
        package var maxSkillLines: Int
        package var maxReferenceLines: Int
        /// Characters divided by four.
        package var maxBodyTokens: Int
        package var frontMatterLocked: Bool
        /// Runs that must show what a proposal says.
        package var minSupport: Int
        /// Lets the gate test for leaks without telling the literals.
        package var forbiddenLiteralsDigest: String?

        enum CodingKeys: String, CodingKey {
            case split, feedback
            case maxEdits = "max_edits"
            case maxNewSkills = "max_new_skills"
            case maxSkillLines = "max_skill_lines"
            case maxReferenceLines = "max_ref_lines"
            case maxBodyTokens = "max_body_tokens"
            case frontMatterLocked = "frontmatter_locked"
            case minSupport = "min_support"
            case forbiddenLiteralsDigest = "forbid_literals_digest"
        }

        package init(
            split: Split = .train,
            feedback: Feedback = .publicChecks,
            maxEdits: Int = 4,
            maxNewSkills: Int = 1,
            maxSkillLines: Int = 500,
            maxReferenceLines: Int = 300,
            maxBodyTokens: Int = 5000,
            frontMatterLocked: Bool = true,
            minSupport: Int = 2,
            forbiddenLiteralsDigest: String? = nil
        ) {
            self.split = split
            self.feedback = feedback
            self.maxEdits = maxEdits
            self.maxNewSkills = maxNewSkills
            self.maxSkillLines = maxSkillLines
            self.maxReferenceLines = maxReferenceLines
            self.maxBodyTokens = maxBodyTokens
            self.frontMatterLocked = frontMatterLocked
            self.minSupport = minSupport
            self.forbiddenLiteralsDigest = forbiddenLiteralsDigest
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            split = try members.decodeIfPresent(Split.self, forKey: .split) ?? .train
            feedback = try members.decodeIfPresent(Feedback.self, forKey: .feedback) ?? .publicChecks
            maxEdits = try members.decodeIfPresent(Int.self, forKey: .maxEdits) ?? 4
            maxNewSkills = try members.decodeIfPresent(Int.self, forKey: .maxNewSkills) ?? 1
            maxSkillLines = try members.decodeIfPresent(Int.self, forKey: .maxSkillLines) ?? 500
            maxReferenceLines = try members.decodeIfPresent(Int.self, forKey: .maxReferenceLines) ?? 300
            maxBodyTokens = try members.decodeIfPresent(Int.self, forKey: .maxBodyTokens) ?? 5000
            frontMatterLocked = try members.decodeIfPresent(Bool.self, forKey: .frontMatterLocked) ?? true
            minSupport = try members.decodeIfPresent(Int.self, forKey: .minSupport) ?? 2
            forbiddenLiteralsDigest = try members.decodeIfPresent(String.self, forKey: .forbiddenLiteralsDigest)
        }
    }

    /// Where the runs are from; a request of anything else cannot be written.
    package enum Split: String, Codable, Sendable, Hashable, CaseIterable {
        case train
    }

    /// How much of the verifier's answer the request tells.
    package enum Feedback: String, Codable, Sendable, Hashable, CaseIterable {
        case none
        case binary
        case publicChecks = "public"
        case process
    }

    /// What the distillation may use up.
    package struct Budget: Codable, Sendable, Hashable {
        package var wallSeconds: Double
        package var cpuSeconds: Double
        package var memoryMegabytes: Int
        package var modelTokens: Int
        package var modelCalls: Int

        enum CodingKeys: String, CodingKey {
            case wallSeconds = "wall_s"
            case cpuSeconds = "cpu_s"
            case memoryMegabytes = "mem_mb"
            case modelTokens = "model_tokens"
            case modelCalls = "model_calls"
        }

        package init(
            wallSeconds: Double,
            cpuSeconds: Double,
            memoryMegabytes: Int,
            modelTokens: Int = 0,
            modelCalls: Int = 0
        ) {
            self.wallSeconds = wallSeconds
            self.cpuSeconds = cpuSeconds
            self.memoryMegabytes = memoryMegabytes
            self.modelTokens = modelTokens
            self.modelCalls = modelCalls
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            wallSeconds = try members.decode(Double.self, forKey: .wallSeconds)
            cpuSeconds = try members.decode(Double.self, forKey: .cpuSeconds)
            memoryMegabytes = try members.decode(Int.self, forKey: .memoryMegabytes)
            modelTokens = try members.decodeIfPresent(Int.self, forKey: .modelTokens) ?? 0
            modelCalls = try members.decodeIfPresent(Int.self, forKey: .modelCalls) ?? 0
        }
    }

    /// Runs of one task that passed, and runs that failed, by id.
    package struct Pair: Codable, Sendable, Hashable {
        package var task: String
        package var success: [String]
        package var failure: [String]

        package init(task: String, success: [String], failure: [String]) {
            self.task = task
            self.success = success
            self.failure = failure
        }
    }

    /// What was proposed before and refused, so that it is not proposed again.
    package struct History: Codable, Sendable, Hashable {
        package var rejectedEdits: [RejectedEdit]

        enum CodingKeys: String, CodingKey {
            case rejectedEdits = "rejected_edits"
        }

        package init(rejectedEdits: [RejectedEdit] = []) {
            self.rejectedEdits = rejectedEdits
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            rejectedEdits = try members.decodeIfPresent([RejectedEdit].self, forKey: .rejectedEdits) ?? []
        }
    }

    /// An edit that the gate refused.
    package struct RejectedEdit: Codable, Sendable, Hashable {
        /// `SkillEdit.digest`.
        package var digest: String
        package var reason: String

        package init(digest: String, reason: String) {
            self.digest = digest
            self.reason = reason
        }
    }
}
