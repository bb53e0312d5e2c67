import Reactor
import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Verifier
import Wire

/// One trial from its sandbox to its verdict.
struct TrialRun: Sendable {
    let services: TrialServices
    let recorder: TrialRecorder
    let owner: UInt32
    let configuration: TrialConfiguration
    let templates: [String: String]

    /// Runs to the end, whatever that is; the end is recorded before this returns.
    func run() async {
        do {
            try await recorder.advance(.launched)
            let verdict = try await execute()
            try Task.checkCancellation()
            try await recorder.end(verdict == nil ? .closed : .verdictMade, verdict: verdict)
        } catch {
            await recordFailure(error)
        }
    }

    private func recordFailure(_ error: any Error) async {
        // Recording must not be cut short by the cancellation that it records.
        let recorder = recorder
        let isCancelled = Task.isCancelled
        await Task {
            do {
                if isCancelled {
                    try await recorder.endCancelled()
                } else {
                    try await recorder.end(.failed, exception: TrialException(describing: error))
                }
            } catch {
                Log.error("the end of trial \(recorder.trial) could not be recorded: \(error)")
            }
        }.value
    }

    /// The verdict; nil where none was asked for.
    private func execute() async throws -> Verdict? {
        let task = try services.tasks.load(configuration.taskDigest)
        let reference = try services.images.reference(override: configuration.image, task: task.definition).get()
        let settings = try TrialSettings(
            task.definition,
            templates: templates,
            multiplier: configuration.timeoutMultiplier,
            defaults: services.defaults
        )
        let image = services.images.image(reference)
        let identity = try services.host.takeIdentity(for: image)
        defer { services.host.identities.giveBack(identity) }
        let sandboxes = TrialSandboxes(
            services: services,
            trial: recorder.trial,
            task: task,
            image: image,
            settings: settings,
            identity: identity,
            configuration: configuration
        )
        let layer = try await sandboxes.makeLayer()
        do {
            let verdict = try await onLayer(layer, sandboxes)
            try await services.host.removeLayer(layer)
            return verdict
        } catch {
            try? await services.host.removeLayer(layer)
            throw error
        }
    }

    private func onLayer(_ layer: Layer, _ sandboxes: TrialSandboxes) async throws -> Verdict? {
        let group = try sandboxes.makeGroup("agent")
        defer { group.remove() }
        for name in group.unenforced + layer.unenforced {
            try await recorder.note("limit not enforced on this host: \(name)")
        }
        if !HostShare.isWithin(services.capacity, sandboxes.task.definition) {
            try await recorder.note("the task declares more than this host has for trials: it has the whole host")
        }
        let session = try await start(layer, group, sandboxes)
        let sandbox = session.sandbox
        let left: AgentRemains
        do {
            try await recorder.advance(.sandboxReady)
            try await act(session, sandboxes, unenforced: group.unenforced + layer.unenforced)
            if configuration.verifierMode == .none {
                await sandbox.destroy()
                return nil
            }
            try await recorder.advance(.agentEnded)
            left = try await remains(sandbox)
            let mode = (configuration.verifierMode, sandboxes.task.definition.verifier.mode)
            if let note = left.note(mode.0, task: mode.1) { try await recorder.note(note) }
            if left.isShared(mode.0, task: mode.1) {
                let unenforced = group.unenforced + layer.unenforced
                return try await verifyShared(layer, sandboxes, sandbox, left, unenforced)
            }
        } catch {
            await sandbox.destroy()
            throw error
        }
        let survivors = await sandbox.destroy()
        if left.processes > 0 {
            try await recorder.note(
                "the agent left \(left.processes) \(left.processes == 1 ? "process" : "processes"): killed"
            )
        }
        var evidence = left.evidence(group.unenforced + layer.unenforced)
        evidence.survivors = survivors
        let verification = Verification(sandboxes: sandboxes, recorder: recorder)
        return try await verification.isolated(layer, evidence)
    }

    /// A sandbox that stands and is healthy, within the task's time for that.
    private func start(
        _ layer: Layer,
        _ group: CgroupGroup,
        _ sandboxes: TrialSandboxes
    ) async throws -> TrialSession {
        let work = { @Sendable () async throws -> TrialSession in
            let session = TrialSession(
                sandbox: try await sandboxes.agent(layer: layer, group: group),
                recorder: recorder,
                store: services.store,
                settings: sandboxes.settings,
                profiles: services.profiles
            )
            do {
                try await Healthcheck.await(sandboxes.task.definition.environment.healthcheck, session)
            } catch {
                await session.sandbox.destroy()
                throw error
            }
            return session
        }
        guard let limit = sandboxes.settings.startTimeout else { return try await work() }
        if let session = try await withDeadline(limit, work) { return session }
        throw WireError(
            .sandboxFailed,
            "the sandbox was not ready within \(limit)",
            reason: "EnvironmentStartTimeoutError",
            remedy: "a larger [environment].build_timeout_sec"
        )
    }

    /// Lets the agent act within its time; running out of it is recorded, and verification goes on.
    ///
    /// Meanwhile whoever may see the trial can act in it, too.
    private func act(_ session: TrialSession, _ sandboxes: TrialSandboxes, unenforced: [String]) async throws {
        let live = LiveSession(session, owner: owner, verifierMode: configuration.verifierMode) { token in
            SessionInfo(token, sandboxes, unenforced: unenforced, user: session.settings.agentUser)
        }
        services.sessions.add(live)
        defer { services.sessions.remove(live) }
        do {
            let isInTime = try await run(session, live)
            await live.finish(isInTime ? .agentDone : .timedOut)
        } catch {
            await live.finish(.cancelled)
            throw error
        }
    }

    /// Whether the agent ended within its time.
    private func run(_ session: TrialSession, _ live: LiveSession) async throws -> Bool {
        let agent: any Agent =
            switch configuration.agent.kind {
            case .session: SessionAgent(live: live)
            case .nop: NopAgent()
            case .oracle: configuration.agent.steps ? SteppedOracle() : OracleAgent()
            case .replay: ReplayAgent(actions: configuration.agent.actions)
            }
        guard let limit = session.settings.agentTimeout else {
            try await agent.run(session)
            try Task.checkCancellation()
            return true
        }
        let inTime: Void? = try await withDeadline(limit) { try await agent.run(session) }
        try Task.checkCancellation()
        guard inTime == nil else { return true }
        try await recorder.exception(
            TrialException(
                type: "AgentTimeoutError",
                message: "the agent did not end within \(limit)",
                remedy: "a larger [agent].timeout_sec, or --timeout-multiplier",
                occurredAt: .now()
            )
        )
        return false
    }

    private func remains(_ sandbox: RunningSandbox) async throws -> AgentRemains {
        let seen = try await sandbox.inspect()
        return AgentRemains(processes: seen.processes, ports: seen.ports)
    }

    /// Harbor's way: the agent's processes stay alive while the verifier runs.
    private func verifyShared(
        _ layer: Layer,
        _ sandboxes: TrialSandboxes,
        _ sandbox: RunningSandbox,
        _ left: AgentRemains,
        _ unenforced: [String]
    ) async throws -> Verdict {
        let verification = Verification(sandboxes: sandboxes, recorder: recorder)
        return try await verification.shared(layer, sandbox, left.evidence(unenforced))
    }
}

/// What was alive when the agent's phase ended.
struct AgentRemains: Sendable {
    var processes: Int
    var ports: [Int]

    /// Whether the verifier runs beside what is alive.
    ///
    /// An agent cannot choose that: what lives on can write the reward. It needs whoever runs the trial, or a task that
    /// says `environment_mode = "shared"` and an agent that left something listening.
    func isShared(_ mode: VerifierMode, task: VerifierPhase.Mode?) -> Bool {
        switch mode {
        case .shared: true
        case .auto: task == .shared && !ports.isEmpty
        case .isolated, .none: false
        }
    }

    /// What the record says of listening sockets; nil when there is nothing to say.
    func note(_ mode: VerifierMode, task: VerifierPhase.Mode?) -> String? {
        guard !ports.isEmpty else { return nil }
        let what = "the agent left something listening on port \(ports.map(String.init).joined(separator: ", "))"
        return isShared(mode, task: task)
            ? "\(what): the verifier runs beside it"
            : "\(what): it ends before the verifier begins, unless the task says environment_mode = \"shared\""
    }

    func evidence(_ unenforced: [String]) -> Evidence {
        Evidence(processesKilled: processes, listeningPorts: ports, unenforcedLimits: unenforced)
    }
}

extension TrialException {
    /// By Harbor's names, which decide retry and grading.
    init(describing error: any Error) {
        let wire = WireError(describing: error)
        let type: String =
            switch wire.data.name {
            case ErrorCode.taskRefused.name, ErrorCode.taskInvalid.name: "ServiceOperationsUnsupportedError"
            case ErrorCode.sandboxFailed.name, ErrorCode.limitUnenforceable.name:
                wire.data.reason ?? "SandboxBuildFailedError"
            default: wire.data.reason ?? "TrialError"
            }
        self.init(type: type, message: wire.message, remedy: wire.data.remedy, occurredAt: .now())
    }
}
