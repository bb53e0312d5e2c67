package import Skills

/// Something that reads verified runs and proposes changes to the library, in this process or outside it.
package protocol Distiller: Sendable {
    var info: DistillerInfo { get }
    /// Proposes; it changes nothing.
    func distill(_ request: DistillRequest, context: DistillContext) async throws -> DistillResponse
}

/// What a distiller says of itself: the answer to `--describe`.
package struct DistillerInfo: Codable, Sendable, Hashable {
    package var name: String
    package var version: String
    package var capabilities: Capabilities

    package init(name: String, version: String, capabilities: Capabilities) {
        self.name = name
        self.version = version
        self.capabilities = capabilities
    }

    /// What it needs and what it may propose.
    package struct Capabilities: Codable, Sendable, Hashable {
        package var needsModel: Bool
        /// The digests of outputs do not suffice: it opens the evidence directory.
        package var needsRaw: Bool
        package var operations: [SkillPatch.Operation]
        package var minimumTrajectories: Int
        /// The same request has the same answer, byte by byte.
        package var deterministic: Bool

        enum CodingKeys: String, CodingKey {
            case deterministic
            case needsModel = "needs_model"
            case needsRaw = "needs_raw"
            case operations = "ops"
            case minimumTrajectories = "min_trajectories"
        }

        package init(
            needsModel: Bool = false,
            needsRaw: Bool = false,
            operations: [SkillPatch.Operation],
            minimumTrajectories: Int = 1,
            deterministic: Bool = false
        ) {
            self.needsModel = needsModel
            self.needsRaw = needsRaw
            self.operations = operations
            self.minimumTrajectories = minimumTrajectories
            self.deterministic = deterministic
        }
    }
}

/// What the host does for a distiller while it works.
package struct DistillContext: Sendable {
    /// Runs the given actions of a trajectory again in a fresh sandbox, in their order, and asks the verifier; as often as
    /// the request's budget says.
    package typealias Replay = @Sendable (_ trajectory: String, _ actions: [String]) async throws -> ReplayOutcome

    /// Nil where the host cannot repeat runs.
    package var replay: Replay?
    /// Tells whoever waits how far it is.
    package var progress: @Sendable (DistillProgress) async -> Void

    package init(
        replay: Replay? = nil,
        progress: @escaping @Sendable (DistillProgress) async -> Void = { _ in }
    ) {
        self.replay = replay
        self.progress = progress
    }
}

/// How far a distiller is, in its own words: one JSON line on the stderr of an external one.
package struct DistillProgress: Codable, Sendable, Hashable {
    package var text: String
    package var done: Double?
    package var total: Double?

    package init(text: String, done: Double? = nil, total: Double? = nil) {
        self.text = text
        self.done = done
        self.total = total
    }
}

/// What a repeated run came to.
package enum ReplayOutcome: Sendable, Hashable {
    case passed, failed
    /// The run cannot be repeated here, and why.
    case unrepeatable(String)
}
