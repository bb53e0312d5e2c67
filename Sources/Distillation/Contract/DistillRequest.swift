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
