package import Wire

/// What networks an administrator and this host give to tasks.
package struct NetworkOffer: Sendable, Hashable {
    /// Why this host has no public network to give, and what helps.
    package struct Obstacle: Error, Sendable, Hashable {
        package let why: String
        package let remedy: String

        package init(why: String, remedy: String) {
            self.why = why
            self.remedy = remedy
        }
    }

    /// The most that a task gets.
    package var ceiling: NetworkKind
    /// What allow-lists may name; nil is everything but this host itself and its link.
    package var hosts: [AllowedHost]?
    /// Ports of listed hosts that are reached.
    package var ports: Set<UInt16>
    /// nil where there is nothing in the way of a public network.
    package var obstacle: Obstacle?

    package init(
        ceiling: NetworkKind = .allowlist,
        hosts: [AllowedHost]? = nil,
        ports: Set<UInt16> = [80, 443],
        obstacle: Obstacle? = nil
    ) {
        self.ceiling = ceiling
        self.hosts = hosts
        self.ports = ports
        self.obstacle = obstacle
    }

    /// What the proxy goes by.
    package func rules(_ policy: NetworkPolicy) -> HostRules {
        let entries =
            if case .allowlist(let hosts) = policy { hosts.compactMap(AllowedHost.init) } else { [AllowedHost]() }
        return HostRules(task: HostList(entries), administrator: hosts.map(HostList.init), ports: ports)
    }
}

extension TaskDefinition {
    /// Why phases cannot have the network they ask for.
    func networkRefusals(_ verifierMode: VerifierMode, _ host: HostCapabilities) -> [TaskRefusal] {
        let phases = TaskPhase.allCases.filter { $0 == .agent || verifierMode != .none }
        var refusals = phases.compactMap { refusal(of: $0, network(of: $0, on: host), host) }
        let networks = Set(phases.map { network(of: $0, on: host) })
        if verifierMode == .shared, networks.count > 1, networks.contains(.open) { refusals.append(.sharedNetwork) }
        return refusals
    }

    private func refusal(of phase: TaskPhase, _ policy: NetworkPolicy, _ host: HostCapabilities) -> TaskRefusal? {
        guard policy.kind <= host.network.ceiling else {
            return .network(phase: phase, kind: policy.kind, ceiling: host.network.ceiling)
        }
        switch policy {
        case .closed: return nil
        case .allowlist(let hosts):
            // Only what was public can have come to an empty list that nobody wrote.
            if hosts.isEmpty, host.lowered == .allowlist { return .nothingListed(phase: phase) }
            let beyond = host.network.rules(policy).beyond
            return beyond.isEmpty ? nil : .hosts(phase: phase, beyond.map(\.text))
        case .open:
            return host.network.obstacle.map { .noPublicNetwork(phase: phase, why: $0.why, remedy: $0.remedy) }
        }
    }
}
