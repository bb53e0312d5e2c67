import Sandbox
import Tasks
import Verifier
import Wire

/// The sandboxes of one trial: the agent's, then the verifier's on top of what the agent left.
struct TrialSandboxes: Sendable {
    let services: TrialServices
    let trial: String
    let task: LoadedTask
    let image: Image
    let settings: TrialSettings
    let identity: Identity
    let configuration: TrialConfiguration

    /// Directories that the daemon makes in the agent's layer; they are not the agent's changes.
    static let ownDirectories: Set<String> = [
        "/logs", "/logs/agent", "/logs/verifier", "/logs/artifacts", "/solution", "/tests", "/dev", "/proc",
    ]

    func makeLayer() async throws(SandboxError) -> Layer {
        try await services.host.makeLayer(
            for: identity,
            bytes: settings.layerBytes,
            inodes: settings.layerInodes,
            allowUnenforced: configuration.allowUnenforced
        )
    }

    func makeGroup(_ role: String) throws(SandboxError) -> CgroupGroup {
        try services.makeGroup(
            "\(trial)-\(role)",
            settings.limits,
            allowUnenforced: configuration.allowUnenforced
        )
    }

    /// Where the agent acts; `/solution` is there for the oracle only.
    func agent(layer: Layer, group: CgroupGroup) async throws(SandboxError) -> RunningSandbox {
        var policy = base(layer: layer)
        policy.directories += ["/logs/agent", "/logs/verifier", "/logs/artifacts"].map {
            PolicyDirectory($0, mode: 0o777)
        }
        if configuration.agent.kind == .oracle {
            policy.mounts.append(
                PolicyMount(.copyOnWrite(path: services.tasks.solution(task), name: "solution"), at: "/solution")
            )
        }
        return try await services.host.launch(policy, group: group)
    }

    /// Where the verifier judges: a fresh layer over the frozen one, with tests and logs as mounts that are new.
    func verifier(
        layer: Layer,
        frozen: String,
        tampering: Tampering,
        group: CgroupGroup
    ) async throws(SandboxError) -> RunningSandbox {
        var policy = base(layer: layer)
        policy.frozen = [frozen]
        if tampering.systemIsTampered {
            policy.pristineSystem = true
            policy.mounts += image.systemDirectories
        } else if tampering.loaderCacheIsChanged {
            policy.mounts.append(
                PolicyMount(.readOnly(path: image.hostPath(Tampering.loaderCache)), at: Tampering.loaderCache)
            )
        }
        policy.directories.append(PolicyDirectory("/logs", mode: 0o755))
        policy.mounts += [
            PolicyMount(.copyOnWrite(path: services.tasks.tests(task), name: "tests"), at: "/tests", replacing: true),
            PolicyMount(.fresh(name: "logs-verifier"), at: "/logs/verifier", replacing: true),
        ]
        return try await services.host.launch(policy, group: group)
    }

    private func base(layer: Layer) -> SandboxPolicy {
        var policy = SandboxPolicy(image: image, identity: identity, layer: layer.name)
        if let additions = services.tasks.additions(task) { policy.additions = [additions] }
        if settings.workingDirectory != "/" {
            policy.missingDirectories = [settings.workingDirectory]
        }
        return policy
    }
}
