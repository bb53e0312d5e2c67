import Network
import Sandbox
import Tasks
import Wire

/// What the phases of a trial, or of one of its steps, may reach.
struct TrialNetworks: Sendable {
    let agent: NetworkPolicy
    let verifier: NetworkPolicy
    private let offer: NetworkOffer
    /// The verifier may come to run in the agent's sandbox.
    private let mayBeShared: Bool

    init(_ task: TaskDefinition, _ configuration: TrialConfiguration, _ offer: NetworkOffer) {
        let host = HostCapabilities(network: offer, lowered: configuration.network)
        agent = task.network(of: .agent, on: host)
        verifier = task.network(of: .verifier, on: host)
        self.offer = offer
        let isAuto = configuration.verifierMode == .auto && task.verifier.mode == .shared && task.stage == nil
        mayBeShared = isAuto || configuration.verifierMode == .shared
    }

    func policy(of phase: TaskPhase) -> NetworkPolicy { phase == .agent ? agent : verifier }

    /// What the sandbox of a phase has; a proxy too where only the verifier, coming later, may use it.
    func inside(_ phase: TaskPhase) -> SandboxNetwork {
        if policy(of: phase) == .open { return .open(except: NearNetworks.all()) }
        let kinds = [policy(of: phase).kind, phase == .agent && mayBeShared ? verifier.kind : .closed]
        return kinds.contains(.allowlist) ? .proxied : .closed
    }

    func rules(of phase: TaskPhase) -> HostRules { offer.rules(policy(of: phase)) }

    /// Whether one of them is public, which the agent's sandbox cannot be for the verifier alone, or for the agent alone.
    var canBeShared: Bool { agent == verifier || (agent != .open && verifier != .open) }

    /// For the trial's record; nil when there is nothing to say.
    var remark: String? {
        guard agent != .closed || verifier != .closed else { return nil }
        return "network of the agent: \(agent.text); of the verifier: \(verifier.text)"
    }
}

extension NetworkPolicy {
    /// Names of variables by which programs find the proxy, and their values.
    var environment: [String: String] { Self.proxyEnvironment(kind) }

    static func proxyEnvironment(_ kind: NetworkKind) -> [String: String] {
        guard kind == .allowlist else { return [:] }
        let proxy = "http://127.0.0.1:\(SandboxNetwork.proxyPort)"
        let local = "localhost,127.0.0.1,::1"
        return [
            "HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "http_proxy": proxy, "https_proxy": proxy,
            "NO_PROXY": local, "no_proxy": local,
        ]
    }

    /// The hosts of an allow-list.
    var allowedHosts: [String]? {
        if case .allowlist(let hosts) = self { hosts } else { nil }
    }

    fileprivate var text: String {
        guard let hosts = allowedHosts else { return kind.rawValue }
        let shown = hosts.prefix(20).joined(separator: ", ")
        return "\(kind.rawValue) (\(hosts.count > 20 ? "\(shown) and \(hosts.count - 20) more" : shown))"
    }
}

extension TaskPhase {
    /// As events name it.
    var trialPhase: TrialPhase { self == .agent ? .agent : .verifying }
}
