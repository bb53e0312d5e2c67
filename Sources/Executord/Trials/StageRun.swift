import Reactor
import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Verifier
import Wire

/// One stage of a trial, its only one or one step: the agent acts in a sandbox of its own, then what it left is verified.
///
/// Stages follow each other on one layer: when the agent's phase ends its sandbox ends, with every process in it; the
/// verifier sees the layer from a sandbox above it, and the next stage's sandbox goes on writing to it.
struct StageRun: Sendable {
    let sandboxes: TrialSandboxes
    let recorder: TrialRecorder
    let owner: UInt32
    /// Told when the stage's last program has ended; by a verifier in a sandbox of its own.
    var rested: @Sendable () async -> Void = {}
    /// The session of the stage before, whose agent goes on in this one.
    var previous: LiveSession?

    /// What came of it.
    struct Outcome: Sendable {
        /// nil where none was asked for.
        var verdict: Verdict?
        var agent: PhaseSpan
        var verifier: PhaseSpan?
        var session: LiveSession
    }

    /// A step could not be prepared in its sandbox: what an agent did in the steps before can be the reason, so it must
    /// not be taken for a trial that never was.
    struct NotPrepared: Error {
        let cause: any Error
    }

    private var services: TrialServices { sandboxes.services }
    private var configuration: TrialConfiguration { sandboxes.configuration }
    private var task: TaskDefinition { sandboxes.task.definition }

    /// `ready` stands on the layer already, for the agent.
    func onLayer(_ layer: Layer, _ ready: StandingSandbox? = nil) async throws -> Outcome {
        let group: CgroupGroup
        if let ready {
            group = ready.group
        } else {
            group = try await services.prepared.yielding { () throws(SandboxError) in try sandboxes.makeGroup("agent") }
        }
        defer { group.remove() }
        let unenforced = group.unenforced + layer.unenforced
        let live: LiveSession
        do {
            try await note(unenforced)
            live = try await start(layer, group, ready?.sandbox, unenforced)
        } catch {
            await ready?.sandbox.destroy()
            throw error
        }
        let session = live.session
        let sandbox = session.sandbox
        let left: AgentRemains
        var agent = PhaseSpan(phase: .agent, startedAt: .now())
        do {
            try await recorder.advance(.sandboxReady)
            try await act(live)
            agent.finishedAt = .now()
            if configuration.verifierMode == .none {
                await sandbox.destroy()
                return Outcome(verdict: nil, agent: agent, verifier: nil, session: live)
            }
            try await recorder.advance(.agentEnded)
            left = try await remains(sandbox)
            try await CollectCommands(commands: task.verifier.collect, session: session).run()
        } catch {
            await sandbox.destroy()
            throw error
        }
        var verifier = PhaseSpan(phase: .verifying, startedAt: .now())
        let verdict = try await verify(layer, sandbox, left, unenforced)
        verifier.finishedAt = .now()
        return Outcome(verdict: verdict, agent: agent, verifier: verifier, session: live)
    }

    /// Records what is not as the task has it.
    private func note(_ unenforced: [String]) async throws {
        if task.stage?.index ?? 0 == 0 {
            for name in unenforced { try await recorder.note("limit not enforced on this host: \(name)") }
            if !HostShare.isWithin(services.capacity, task) {
                try await recorder.note("the task declares more than this host has for trials: it has the whole host")
            }
        }
        if let remark = sandboxes.networks.remark { try await recorder.note(remark) }
    }

    // MARK: The agent's phase

    /// A sandbox that stands, is set up and healthy, within the task's time for that.
    private func start(
        _ layer: Layer,
        _ group: CgroupGroup,
        _ ready: RunningSandbox?,
        _ unenforced: [String]
    ) async throws -> LiveSession {
        let work = { @Sendable () async throws -> LiveSession in
            let sandbox: RunningSandbox
            if let ready {
                sandbox = try await sandboxes.agent(in: ready)
            } else {
                try sandboxes.skills?.layOut()
                sandbox = try await sandboxes.agent(layer: layer, group: group)
            }
            let session = TrialSession(
                sandbox: sandbox,
                recorder: recorder,
                store: services.store,
                settings: sandboxes.settings,
                profiles: services.profiles,
                skills: sandboxes.skills
            )
            do {
                return try await prepare(session, unenforced)
            } catch {
                await session.sandbox.destroy()
                if Task.isCancelled { throw error }
                throw failure(error)
            }
        }
        guard let limit = sandboxes.settings.startTimeout else { return try await work() }
        if let live = try await withDeadline(limit, work) { return live }
        try Task.checkCancellation()
        throw failure(
            WireError(
                .sandboxFailed,
                "the sandbox was not ready within \(limit)",
                reason: "EnvironmentStartTimeoutError",
                remedy: "a larger [environment].build_timeout_sec"
            )
        )
    }

    private func prepare(_ session: TrialSession, _ unenforced: [String]) async throws -> LiveSession {
        try await Healthcheck.await(task.environment.healthcheck, session)
        if let stage = task.stage {
            try await StagePreparation(stage: stage, session: session).run(
                workingFiles: services.tasks.workingFiles(sandboxes.task)
            )
        }
        let live = LiveSession(session, sandboxes, owner: owner, unenforced: unenforced)
        try await live.openInside(as: previous)
        return live
    }

    private func failure(_ cause: any Error) -> any Error {
        task.stage?.index ?? 0 == 0 ? cause : NotPrepared(cause: cause)
    }

    /// Lets the agent act within its time; running out of it is recorded, and verification goes on.
    ///
    /// Meanwhile whoever may see the trial can act in it, too.
    private func act(_ live: LiveSession) async throws {
        services.sessions.add(live)
        defer { services.sessions.remove(live) }
        do {
            let isInTime = try await run(live.session, live)
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
            case .follower: FollowerAgent(instruction: task.instruction)
            case .teacher: TeacherAgent(seed: configuration.agent.seed ?? 0)
            case .oracle:
                AgentsInTurn(
                    agents: [
                        configuration.agent.steps ? SteppedOracle() : OracleAgent(script: sandboxes.solutionScript),
                        ReplayAgent(actions: configuration.agent.actions, stage: task.stage, live: live),
                    ]
                )
            case .replay: ReplayAgent(actions: configuration.agent.actions, stage: task.stage, live: live)
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
        if let remark = HostLoad.remark() { try await recorder.note(remark) }
        return false
    }

    // MARK: The verifier's phase

    private func remains(_ sandbox: RunningSandbox) async throws -> AgentRemains {
        let seen = try await sandbox.inspect()
        return AgentRemains(processes: seen.processes, ports: seen.ports)
    }

    /// Ends the agent's sandbox, before the verifier runs unless it is to run in it.
    private func verify(
        _ layer: Layer,
        _ sandbox: RunningSandbox,
        _ left: AgentRemains,
        _ unenforced: [String]
    ) async throws -> Verdict {
        let verification = Verification(sandboxes: sandboxes, recorder: recorder, rested: rested)
        var mode = left.mode(configuration.verifierMode, task: task)
        // A public network is given when a sandbox starts, and not taken away.
        if mode == .shared, !sandboxes.networks.canBeShared { mode = .isolated }
        var evidence = left.evidence(unenforced)
        if mode == .shared {
            do {
                if let note = left.note(mode) { try await recorder.note(note) }
                return try await verification.shared(layer, sandbox, evidence)
            } catch {
                await sandbox.destroy()
                throw error
            }
        }
        evidence.survivors = await sandbox.destroy()
        if let note = left.note(mode) { try await recorder.note(note) }
        if left.processes > 0 {
            try await recorder.note(
                "the agent left \(left.processes) \(left.processes == 1 ? "process" : "processes"): killed"
            )
        }
        return mode == .separate
            ? try await verification.separate(layer, evidence) : try await verification.isolated(layer, evidence)
    }
}
