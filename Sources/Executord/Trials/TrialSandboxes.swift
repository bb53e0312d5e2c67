import Glibc
import Images
import Sandbox
import Tasks
import Trajectory
import Verifier
import Wire

/// The sandboxes of one trial, or of one step of it: the agent's, then the verifier's on top of what the agent left.
struct TrialSandboxes: Sendable {
    let services: TrialServices
    let trial: String
    /// The task, or one of its stages.
    let task: LoadedTask
    let image: Image
    let settings: TrialSettings
    var identity: Identity
    let configuration: TrialConfiguration
    let networks: TrialNetworks
    /// nil where none are to be had, or the verifier has a network.
    let verifierTools: VerifierTools?
    /// nil where the verifier runs on what the agent left.
    let apart: SeparateVerifier?
    /// nil where the agent is given none.
    let skills: SkillsAtWork?

    /// `verifierTools` is the name or the digest of those to be used, `verifierImage` what a verifier that runs apart had
    /// before.
    ///
    /// Fails when a template names a variable that was not given, or the verifier's image or its tools are not there.
    init(
        services: TrialServices,
        trial: String,
        task: LoadedTask,
        image: Image,
        identity: Identity,
        configuration: TrialConfiguration,
        templates: [String: String],
        verifierTools: String?,
        verifierImage: String? = nil
    ) throws {
        self.services = services
        self.trial = trial
        self.task = task
        self.image = image
        self.identity = identity
        self.configuration = configuration
        let networks = TrialNetworks(task.definition, configuration, services.network)
        self.networks = networks
        let isOffline = configuration.verifierMode != .none && networks.verifier == .closed
        self.verifierTools =
            try isOffline
            ? verifierTools.map { try VerifierTools($0, in: services.images, for: trial) } : nil
        func settings(
            _ definition: TaskDefinition,
            _ image: Image,
            _ network: NetworkPolicy
        ) throws(HostTemplate.MissingVariable) -> TrialSettings {
            try TrialSettings(
                definition,
                image: image.settings,
                templates: templates,
                multiplier: configuration.timeoutMultiplier,
                defaults: services.defaults,
                network: network
            )
        }
        self.settings = try settings(task.definition, image, networks.agent)
        skills = SkillsAtWork(
            configuration.skills ?? [],
            shelf: services.shelf,
            openings: services.skillOpenings,
            trial: trial + (task.definition.stage.map { "-\($0.index)" } ?? ""),
            path: services.skillsPath,
            home: self.settings.baseEnvironment["HOME"] ?? "/root"
        )
        guard task.definition.verifiesSeparately(configuration.verifierMode) else {
            apart = nil
            return
        }
        let isNamed = if case .named = task.definition.verifierImage { configuration.image == nil } else { false }
        let held =
            try verifierImage.map { try services.holdImage(pinned: $0, by: trial) }
            ?? services.holdVerifierImage(of: task, configuration, by: trial)
        apart = SeparateVerifier(
            held: held,
            settings: try settings(task.definition.ofSeparateVerifier, held.image, networks.verifier),
            isOfTask: !isNamed
        )
    }

    /// Where the files are kept of the trial, or of the step.
    var filesDirectory: String {
        let whole = services.store.filesDirectory(trial: trial)
        return task.definition.stage.map { TrialFiles.stepDirectory($0.name, in: whole) } ?? whole
    }

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
        try services.cgroups.makeGroup(
            name: "\(trial)-\(role)",
            limits: settings.limits,
            allowUnenforced: configuration.allowUnenforced
        )
    }

    /// Where the agent acts.
    func agent(layer: Layer, group: CgroupGroup) async throws(SandboxError) -> RunningSandbox {
        let policy = SandboxPolicy(try agentForm(), identity: identity, layer: layer.name)
        return try await connected(try await services.host.launch(policy, group: group), .agent)
    }

    /// The same in one that stood prepared.
    func agent(in sandbox: RunningSandbox) async throws(SandboxError) -> RunningSandbox {
        try await connected(sandbox, .agent)
    }

    /// Takes a prepared sandbox for the agent; nil when there is none.
    ///
    /// For agents outside only: trials that the daemon runs are short of processor time, which it saves none of.
    func takePrepared() async throws(SandboxError) -> StandingSandbox? {
        guard configuration.agent.kind == .session else { return nil }
        let order = SandboxOrder(
            try agentForm(),
            limits: settings.limits,
            layerBytes: settings.layerBytes,
            layerInodes: settings.layerInodes,
            allowUnenforced: configuration.allowUnenforced
        )
        guard let key = PreparedKey(order) else { return nil }
        return await services.prepared.take(key)
    }

    /// The solution's script, on the host.
    var solutionScript: String { services.tasks.solution(task) + "/solve.sh" }

    /// `/solution` is there for the oracle and the teacher only.
    private func agentForm() throws(SandboxError) -> SandboxForm {
        var form = try base()
        form.network = networks.inside(.agent)
        form.directories += ["/logs/agent", "/logs/verifier", "/logs/artifacts"].map {
            PolicyDirectory($0, mode: 0o777)
        }
        form.mounts += skills?.mounts ?? []
        if configuration.agent.kind.usesSolution {
            // The layer stays the same from step to step; what it has of an earlier solution is not this one's.
            let name = "solution" + (task.definition.stage.map { "-\($0.index)" } ?? "")
            form.mounts.append(
                PolicyMount(
                    .copyOnWrite(path: services.tasks.solution(task), name: name),
                    at: "/solution",
                    replacing: true
                )
            )
        }
        return form
    }

    /// Where the verifier judges: a fresh layer over the frozen one, with tests and logs as mounts that are new.
    func verifier(
        layer: Layer,
        frozen: String,
        tampering: Tampering,
        group: CgroupGroup
    ) async throws(SandboxError) -> RunningSandbox {
        var policy = SandboxPolicy(try base(), identity: identity, layer: layer.name)
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
            PolicyMount(.fresh(name: "logs-verifier"), at: "/logs/verifier", replacing: true)
        ]
        if let tests = services.tasks.tests(task) {
            policy.mounts.append(
                PolicyMount(.copyOnWrite(path: tests, name: "tests"), at: "/tests", replacing: true)
            )
        }
        policy.mounts += verifierTools?.mounts ?? []
        return try await launch(policy, group, .verifier)
    }

    /// What the agent left, to be read; nothing runs in it.
    func collector(layer: Layer, frozen: String) async throws(SandboxError) -> RunningSandbox {
        var policy = SandboxPolicy(try base(), identity: identity, layer: layer.name)
        policy.frozen = [frozen]
        return try await services.host.launch(policy, group: nil)
    }

    /// Where a verifier judges that runs apart: nothing of the agent's is there.
    func verifier(
        apart: SeparateVerifier,
        layer: Layer,
        identity: Identity,
        group: CgroupGroup
    ) async throws(SandboxError) -> RunningSandbox {
        var policy = SandboxPolicy(image: apart.image, identity: identity, layer: layer.name)
        if apart.isOfTask, let additions = try additions(in: apart.settings) { policy.additions = [additions] }
        if apart.settings.workingDirectory != "/" { policy.missingDirectories = [apart.settings.workingDirectory] }
        policy.directories.append(PolicyDirectory("/logs", mode: 0o755))
        policy.directories += ["/logs/agent", "/logs/artifacts"].map { PolicyDirectory($0, mode: 0o777) }
        if !apart.bringsTests, let tests = services.tasks.tests(task) {
            policy.mounts.append(
                PolicyMount(.copyOnWrite(path: tests, name: "tests"), at: "/tests", replacing: true)
            )
        }
        policy.mounts.append(PolicyMount(.fresh(name: "logs-verifier"), at: "/logs/verifier", replacing: true))
        policy.mounts += verifierTools?.mounts ?? []
        return try await launch(policy, group, .verifier)
    }

    /// Starts the sandbox of a phase, with the network that the phase may have.
    private func launch(
        _ policy: SandboxPolicy,
        _ group: CgroupGroup,
        _ phase: TaskPhase
    ) async throws(SandboxError) -> RunningSandbox {
        var policy = policy
        policy.network = networks.inside(phase)
        return try await connected(try await services.host.launch(policy, group: group), phase)
    }

    /// The sandbox, with the proxy that its phase may have; it ends when that cannot be.
    private func connected(_ sandbox: RunningSandbox, _ phase: TaskPhase) async throws(SandboxError) -> RunningSandbox {
        guard networks.inside(phase) == .proxied else { return sandbox }
        do {
            try await SandboxProxy.serve(
                sandbox,
                rules: networks.rules(of: phase),
                phase: phase.trialPhase,
                evidence: RecordedRequests(trial: trial, store: services.store, feed: services.feed)
            )
        } catch {
            await sandbox.destroy()
            throw error
        }
        return sandbox
    }

    /// Whether the image, or what the task puts into it, has something of that name in its root directory.
    func isInRoot(_ name: String) throws(SandboxError) -> Bool {
        let places = [image.hostPath("/\(name)"), try additions(in: settings).map { "\($0)/\(name)" }]
        return places.contains { place in
            var status = stat()
            return place.map { lstat($0, &status) == 0 } ?? false
        }
    }

    private func additions(in settings: TrialSettings) throws(SandboxError) -> String? {
        do {
            return try services.tasks.additions(task, in: settings.workingDirectory)
        } catch {
            throw .system(call: "lay the task's files: \(error)", errno: EIO)
        }
    }

    private func base() throws(SandboxError) -> SandboxForm {
        var form = SandboxForm(image: image)
        if let additions = try additions(in: settings) { form.additions = [additions] }
        if settings.workingDirectory != "/" { form.missingDirectories = [settings.workingDirectory] }
        return form
    }
}

/// What a verifier runs on that runs apart.
struct SeparateVerifier: Sendable {
    /// Kept as long as this is.
    let held: HeldImage
    /// Limits, users and environment by `[verifier.environment]`, if there is one.
    let settings: TrialSettings
    /// The image is the task's, or the person's choice for it: files of the task's environment lie in it.
    let isOfTask: Bool

    var image: Image { held.image }

    /// Whether the image has the tests in it, as Harbor expects of one that is the verifier's own.
    var bringsTests: Bool {
        var status = stat()
        return !isOfTask && stat(image.hostPath("/tests/test.sh"), &status) == 0
    }
}
