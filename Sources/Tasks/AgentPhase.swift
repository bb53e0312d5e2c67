/// The `[agent]` of a task: how long and as whom the agent works.
package struct AgentPhase: Sendable, Hashable, Decodable {
    /// Wall-clock limit; nil is none.
    package let timeout: Duration?
    /// Nil is the image's user.
    package let user: TaskUser?
    /// Differs from the environment's baseline when set.
    package let network: NetworkPolicy?

    private enum CodingKeys: String, CodingKey {
        case user
        case timeout = "timeout_sec"
        case networkMode = "network_mode"
        case allowedHosts = "allowed_hosts"
    }

    package init(from decoder: any Decoder) throws {
        let table = try decoder.container(keyedBy: CodingKeys.self)
        timeout = try table.seconds(.timeout)
        user = try table.decodeIfPresent(TaskUser.self, forKey: .user)
        network = try .declared(in: table, mode: .networkMode, hosts: .allowedHosts, allowInternet: nil)
    }

    /// The same for one step, whose own words count more.
    func overridden(by step: AgentPhase) -> AgentPhase {
        AgentPhase(timeout: step.timeout ?? timeout, user: step.user ?? user, network: step.network ?? network)
    }

    /// What a task without an `[agent]` table has.
    static let unstated = AgentPhase()

    private init(timeout: Duration? = nil, user: TaskUser? = nil, network: NetworkPolicy? = nil) {
        (self.timeout, self.user, self.network) = (timeout, user, network)
    }
}
