import Tasks
import Wire

extension SubmissionRules {
    /// Entries of an allow-list that a client sent, which only an allow-list has.
    static func checkHosts(_ hosts: [String]?, _ kind: NetworkKind?, _ name: String) throws(WireError) {
        guard let hosts else { return }
        guard kind == .allowlist else {
            throw WireError(.invalidParams, "\(name) needs network: \"allowlist\"", remedy: "leave one of them out")
        }
        for host in hosts where AllowedHost(host) == nil {
            throw WireError(
                .invalidParams,
                "\(name): '\(host)' is no host name, *.suffix, address or range",
                remedy: "leave out schemes, paths and ports"
            )
        }
    }

    /// The network of a command without a task.
    static func network(_ params: SandboxExec.Params, _ offer: NetworkOffer) throws(WireError) -> NetworkPolicy {
        let kind = params.network ?? .closed
        try checkHosts(params.allowedHosts, kind, "allowedHosts")
        guard kind <= offer.ceiling else {
            throw refusal(
                "network \"\(kind.rawValue)\" is more than \"\(offer.ceiling.rawValue)\", which is what there is here",
                "networkUnavailable",
                "set network.ceiling in a file that EXECUTORD_CONFIG names; see docs/configuration.md"
            )
        }
        switch kind {
        case .closed: return .closed
        case .allowlist:
            let policy = NetworkPolicy.allowlist((params.allowedHosts ?? []).compactMap { AllowedHost($0)?.text })
            let beyond = offer.rules(policy).beyond.map(\.text)
            guard beyond.isEmpty else {
                throw refusal(
                    "these hosts may not be reached here: \(beyond.joined(separator: ", "))",
                    "hostsUnavailable",
                    "name them in network.allowedHosts of a file that EXECUTORD_CONFIG names"
                )
            }
            return policy
        case .open:
            guard let obstacle = offer.obstacle else { return .open }
            throw refusal(
                "this host cannot give a public network: \(obstacle.why)",
                "networkUnavailable",
                obstacle.remedy
            )
        }
    }

    private static func refusal(_ cause: String, _ reason: String, _ remedy: String) -> WireError {
        WireError(.taskRefused, cause, reason: reason, remedy: remedy)
    }
}
