/// The `[verifier]` of a task: how its tests are run.
package struct VerifierPhase: Sendable, Hashable, Decodable {
    /// Where Harbor would run the tests.
    package enum Mode: String, Sendable, Decodable {
        /// In the agent's environment.
        case shared
        /// In a fresh one that gets the declared artifacts only.
        case separate
    }

    /// A command that runs between the agent's phase and the collection of artifacts.
    package struct CollectHook: Sendable, Hashable {
        package let command: String
        /// Compose service; nil is the agent's own container.
        package let service: String?
        package let timeout: Duration
        package let user: TaskUser?
    }

    /// Wall-clock limit of the whole verification; nil when infinite.
    package private(set) var timeout: Duration?
    /// The task says the limit, rather than leaving it to the default.
    private var statesTimeout: Bool
    /// Variables of test.sh; values may be host templates.
    package private(set) var variables: [String: String]
    /// Nil is the image's user.
    package private(set) var user: TaskUser?
    /// Differs from the environment's baseline when set.
    package private(set) var network: NetworkPolicy?
    /// Explicit, or `separate` when the verifier has an environment of its own; nil when the task says nothing.
    package private(set) var mode: Mode?
    /// The separate verifier's own environment.
    package private(set) var environment: EnvironmentDefinition?
    package private(set) var collect: [CollectHook]

    private enum CodingKeys: String, CodingKey {
        case env, user, environment, collect
        case timeout = "timeout_sec"
        case networkMode = "network_mode"
        case allowedHosts = "allowed_hosts"
        case mode = "environment_mode"
    }

    package init(from decoder: any Decoder) throws {
        let table = try decoder.container(keyedBy: CodingKeys.self)
        statesTimeout = table.contains(.timeout)
        timeout = statesTimeout ? try table.seconds(.timeout) : Self.unstated.timeout
        variables = try table.variables(.env)
        user = try table.decodeIfPresent(TaskUser.self, forKey: .user)
        network = try .declared(in: table, mode: .networkMode, hosts: .allowedHosts, allowInternet: nil)
        environment = try table.decodeIfPresent(EnvironmentDefinition.self, forKey: .environment)
        collect = try table.decodeIfPresent([CollectHook].self, forKey: .collect) ?? []
        let named = try table.decodeIfPresent(String.self, forKey: .mode)
        let stated = named.flatMap(Mode.init)
        if let named, stated == nil {
            throw table.invalid(.mode, "is '\(named)'; use \"shared\" or \"separate\"")
        }
        if stated == .shared, environment != nil {
            throw table.invalid(.mode, "is \"shared\" while [verifier.environment] is there; remove one of them")
        }
        mode = stated ?? (environment == nil ? nil : .separate)
    }

    /// The same for one step, whose own words count more; collect commands are the task's, then the step's.
    func overridden(by step: VerifierPhase) -> VerifierPhase {
        var merged = self
        if step.statesTimeout { (merged.timeout, merged.statesTimeout) = (step.timeout, true) }
        merged.variables.merge(step.variables) { _, own in own }
        merged.user = step.user ?? user
        merged.network = step.network ?? network
        merged.mode = step.mode ?? mode
        merged.environment = step.environment ?? environment
        merged.collect += step.collect
        return merged
    }

    /// What a task without a `[verifier]` table has.
    static let unstated = VerifierPhase()

    private init() {
        timeout = .seconds(600)
        statesTimeout = false
        variables = [:]
        (user, network, mode, environment) = (nil, nil, nil, nil)
        collect = []
    }
}

extension VerifierPhase.CollectHook: Decodable {
    private enum CodingKeys: String, CodingKey {
        case command, service, user
        case timeout = "timeout_sec"
    }

    package init(from decoder: any Decoder) throws {
        let table = try decoder.container(keyedBy: CodingKeys.self)
        command = try table.decode(String.self, forKey: .command)
        guard !command.isEmpty, !command.utf8.contains(0) else {
            throw table.invalid(.command, "is not a command that a shell can run")
        }
        let service = try table.plainText(.service)
        self.service = service == "main" ? nil : service
        timeout = try table.seconds(.timeout, default: 60)
        user = try table.decodeIfPresent(TaskUser.self, forKey: .user)
    }
}
