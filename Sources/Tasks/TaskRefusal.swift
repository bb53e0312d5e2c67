package import Wire

/// Why a task cannot run on this host with this version; told before anything starts, with what to do.
package enum TaskRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    case dockerfileNeedsBuild
    /// The image lies in a registry.
    case imageNeedsFetch(name: String)
    case compose
    /// A declaration that means another container of a compose file.
    case sidecar(service: String)
    case gpus(count: Int)
    case tpu
    case windows
    /// Neither docker_image nor a Dockerfile.
    case imageNotNamed
    case imageUnknown(name: String, aliases: [String])
    /// The verifier runs beside what the agent left alive, but between steps everything ends.
    case sharedSteps
    /// A phase asks for more network than the administrator gives.
    case network(phase: TaskPhase, kind: NetworkKind, ceiling: NetworkKind)
    /// A phase lists hosts that the administrator does not give.
    case hosts(phase: TaskPhase, [String])
    /// A phase asked for a public network and may have an allow-list, but the administrator has none.
    case nothingListed(phase: TaskPhase)
    /// A phase asks for a public network, and this host lacks what makes one.
    case noPublicNetwork(phase: TaskPhase, why: String, remedy: String)
    /// The verifier runs in the agent's sandbox, whose network cannot become the verifier's.
    case sharedNetwork
    /// The image of a verifier that runs apart must be built.
    case verifierNeedsBuild
    /// The tests are in an image that is not used this way.
    case testsInImage

    /// The stable name for programs.
    package var reason: String {
        switch self {
        case .dockerfileNeedsBuild: "dockerfileNeedsBuild"
        case .imageNeedsFetch: "imageNeedsFetch"
        case .compose: "compose"
        case .sidecar: "sidecar"
        case .gpus: "gpus"
        case .tpu: "tpu"
        case .windows: "windows"
        case .imageNotNamed: "imageNotNamed"
        case .imageUnknown: "imageUnknown"
        case .sharedSteps: "sharedSteps"
        case .network, .nothingListed, .noPublicNetwork, .sharedNetwork: "networkUnavailable"
        case .hosts: "hostsUnavailable"
        case .verifierNeedsBuild: "verifierNeedsBuild"
        case .testsInImage: "testsInImage"
        }
    }

    /// What is the matter, in one sentence.
    package var message: String {
        switch self {
        case .dockerfileNeedsBuild: "its image must first be built from environment/Dockerfile"
        case .imageNeedsFetch(let name): "its image must first be fetched from its registry: \(name)"
        case .compose: "it needs several containers (a compose file in environment/)"
        case .sidecar(let service): "task.toml uses the compose service '\(service)'"
        case .gpus(let count): "it needs \(count) GPU(s)"
        case .tpu: "it needs a TPU"
        case .windows: "it runs on Windows"
        case .imageNotNamed: "it names no image: [environment] has no docker_image, and there is no Dockerfile"
        case .imageUnknown(let name, let aliases):
            "the image '\(name)' is not in the local store and fits no alias ("
                + (aliases.isEmpty ? "none is configured" : aliases.joined(separator: ", ")) + ")"
        case .sharedSteps: "it has several [[steps]], after each of which all processes end"
        case .network(let phase, let kind, let ceiling):
            "its \(phase.rawValue) phase asks for network_mode \"\(kind.rawValue)\"; here tasks get "
                + "\"\(ceiling.rawValue)\" at most"
        case .hosts(let phase, let hosts):
            "its \(phase.rawValue) phase lists hosts that tasks may not reach here: \(hosts.joined(separator: ", "))"
        case .nothingListed(let phase):
            "its \(phase.rawValue) phase asks for network_mode \"public\" and names no hosts, and the configuration "
                + "lists none"
        case .noPublicNetwork(let phase, let why, _):
            "its \(phase.rawValue) phase asks for network_mode \"public\", which this host cannot give: \(why)"
        case .sharedNetwork: "its verifier runs beside the agent, whose network is another than the verifier's"
        case .verifierNeedsBuild:
            "the image of its verifier must be built from a file in tests/, which this version cannot do"
        case .testsInImage: "it has no tests/test.sh: its tests are in its verifier's own image"
        }
    }

    /// What a person can do about it.
    package var remedy: String {
        switch self {
        case .dockerfileNeedsBuild:
            "build it with `executorctl image build TASK`, or run the task with `--image host` or `--image dir:PATH` if that "
                + "has what it needs"
        case .imageNeedsFetch(let name): "fetch it with `executorctl image pull \(name)`"
        case .imageNotNamed:
            "run it with `--image host` or `--image dir:PATH` if that has what the task needs, "
                + "or name a prebuilt image by docker_image"
        case .compose, .sidecar: "put what it needs into one image, or run it with Harbor and Docker"
        case .gpus, .tpu, .windows: "run it on a host that has it, with Harbor"
        case .imageUnknown:
            "take it in with `executorctl image import`, run the task with `--image host` or `--image dir:PATH`, or add an "
                + "alias for the name to the configuration"
        case .sharedSteps: "run it with `--verifier-mode isolated`"
        case .network(_, let kind, _):
            "run it with `--network no-network` if it can do without, or set network.ceiling = \"\(kind.rawValue)\" in "
                + "the configuration"
        case .hosts: "name them in network.allowedHosts of the configuration, or run it with `--network no-network`"
        case .nothingListed: "list hosts in network.allowedHosts of the configuration, or run it with another --network"
        case .noPublicNetwork(_, _, let remedy): remedy + ", or run it with `--network no-network`"
        case .sharedNetwork: "run it with `--verifier-mode isolated`"
        case .verifierNeedsBuild:
            "run it with `--image host` or `--image dir:PATH` if that has what the tests need, name a prebuilt image by "
                + "docker_image in [verifier.environment], or run it with `--verifier-mode isolated`"
        case .testsInImage: "run it with `--verifier-mode separate`"
        }
    }

    package var description: String { "\(message); \(remedy)" }
}

/// A phase of a trial that can have a network of its own.
package enum TaskPhase: String, Sendable, Hashable, CaseIterable {
    case agent, verifier
}

/// What this host and this version can give to a trial.
package struct HostCapabilities: Sendable {
    package var network: NetworkOffer
    /// `--network`: the most that the person wants the task to get.
    package var lowered: NetworkKind?

    package init(network: NetworkOffer = NetworkOffer(), lowered: NetworkKind? = nil) {
        self.network = network
        self.lowered = lowered
    }
}

extension TaskDefinition {
    /// What a phase may reach: its own wish, else the environment's, else nothing; lowered as the person wants it.
    package func network(of phase: TaskPhase, on host: HostCapabilities) -> NetworkPolicy {
        let own = phase == .agent ? agent.network : verifier.network ?? verifier.environment?.network
        let wanted = own ?? environment.network ?? .closed
        guard let most = host.lowered, most < wanted.kind else { return wanted }
        // What was public is narrowed to what the administrator lists.
        return most == .closed ? .closed : .allowlist((host.network.hosts ?? []).map(\.text))
    }

    /// All reasons why the task cannot run with the images that `ImageResolution` found; empty when it can.
    ///
    /// `verifierImage` is that of a verifier that runs apart; nil asks for none. Of a task with steps each stage is asked.
    package func refusals(
        image: Result<ImageReference, TaskRefusal>,
        verifierImage: Result<ImageReference, TaskRefusal>? = nil,
        verifierMode: VerifierMode = .auto,
        capabilities host: HostCapabilities
    ) -> [TaskRefusal] {
        var refusals = refusals(of: environment)
        if contents.hasCompose { refusals.append(.compose) }
        let services = artifacts.compactMap(\.service) + verifier.collect.compactMap(\.service)
        refusals += Set(services).sorted().map { .sidecar(service: $0) }
        if stage != nil, verifierMode == .shared { refusals.append(.sharedSteps) }
        if verifiesSeparately(verifierMode) {
            if let own = verifier.environment { refusals += self.refusals(of: own) }
        } else if !contents.hasTestScript, verifierMode != .none {
            refusals.append(.testsInImage)
        }
        refusals += networkRefusals(verifierMode, host)
        for case .failure(let refusal)? in [image, verifierImage] {
            // The compose file would have named the image.
            if contents.hasCompose, refusal == .imageNotNamed { continue }
            if !refusals.contains(refusal) { refusals.append(refusal) }
        }
        return refusals
    }

    private func refusals(of environment: EnvironmentDefinition) -> [TaskRefusal] {
        var refusals: [TaskRefusal] = []
        if environment.isWindows { refusals.append(.windows) }
        if environment.gpus > 0 { refusals.append(.gpus(count: environment.gpus)) }
        if environment.needsTPU { refusals.append(.tpu) }
        return refusals
    }
}
