import Glibc
import Sandbox
import Tasks
import Wire

/// What the RUN lines of one build are given that is not the image's: a network, variables and files.
///
/// The administrator's settings alone decide: what a task says of its network is for its trials.
struct BuildSurroundings: Sendable {
    private let settings: BuildSettings
    private let rules: HostRules
    private let requests = CollectedRequests()

    /// - Throws: when this host cannot give what the settings say.
    init(_ settings: BuildSettings, _ offer: NetworkOffer) throws(WireError) {
        self.settings = settings
        // Both lists are the administrator's word.
        let hosts = HostList(settings.hosts ?? offer.hosts ?? [])
        rules = HostRules(task: hosts, administrator: hosts, ports: offer.ports)
        if let missing = settings.files.values.sorted().first(where: { access($0, R_OK) != 0 }) {
            throw WireError(
                .sandboxFailed,
                "\(missing), which builds.files names, cannot be read",
                remedy: "put it there, or take it out of the settings"
            )
        }
        if settings.network == .open, let obstacle = offer.obstacle {
            throw WireError(
                .taskRefused,
                "builds.network is \"public\", and this host cannot give that: \(obstacle.why)",
                reason: "networkUnavailable",
                remedy: obstacle.remedy
            )
        }
    }

    private var kind: NetworkKind { settings.network }

    /// For the policy of a sandbox.
    var network: SandboxNetwork {
        switch kind {
        case .closed: .closed
        case .allowlist: .proxied
        case .open: .open(except: NearNetworks.all())
        }
    }

    /// For the policy of a sandbox.
    var mounts: [PolicyMount] {
        settings.files.sorted { $0.key < $1.key }.map { name, path in
            PolicyMount(.readOnly(path: path), at: "\(BuildSettings.directory)/\(name)")
        }
    }

    /// What is in the layer of a sandbox by this alone.
    var traces: [String] {
        (kind == .open ? [PublicNetwork.resolverFile] : []) + (settings.files.isEmpty ? [] : [BuildSettings.directory])
    }

    var environment: [String: String] { NetworkPolicy.proxyEnvironment(kind).merging(settings.environment) { $1 } }

    /// Serves a sandbox that was launched with `network` until it ends.
    func serve(_ sandbox: RunningSandbox) async throws(SandboxError) {
        guard kind == .allowlist else { return }
        try await SandboxProxy.serve(sandbox, rules: rules, phase: .agent, evidence: requests)
    }

    /// For the image's record; nil when there was no network.
    var record: ImageNetwork? { kind == .closed ? nil : ImageNetwork(kind: kind, targets: requests.targets ?? []) }

    /// What may explain why a line failed.
    var hint: String {
        guard kind != .closed else { return "RUN has no network here: see [builds] in docs/configuration.md" }
        func names(_ decision: NetworkRequest.Decision) -> [String] {
            (requests.targets ?? []).filter { $0.decision == decision }.prefix(5).map {
                "\($0.host):\($0.port) (\($0.reason ?? decision.rawValue))"
            }
        }
        let (names, failed) = (names(.refused), names(.failed))
        guard !names.isEmpty else {
            return failed.isEmpty ? "nothing was kept" : "these did not answer: \(failed.joined(separator: ", "))"
        }
        return "builds.hosts and network.ports did not let it reach \(names.joined(separator: ", "))"
    }
}
