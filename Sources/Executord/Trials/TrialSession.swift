import Sandbox
import SandboxPlan
import Trajectory
import Wire

/// The live sandbox of a trial as its agent sees it: every action is recorded before its outcome is known to anybody.
struct TrialSession: Sendable {
    let sandbox: RunningSandbox
    let recorder: TrialRecorder
    let store: Store
    let settings: TrialSettings
    let profiles: Profiles
    /// Of an agent that was given some.
    var skills: SkillsAtWork?

    /// Runs one action as the agent (or, in other phases, as whom the request names).
    func perform(_ request: ActionRequest, phase: TrialPhase = .agent) async throws -> ActionRecord {
        let action = action(for: request)
        return try await record(request, as: action, phase: phase) { () throws(SandboxError) in
            try await sandbox.run(action)
        }
    }

    /// The program that a request stands for, with the trial's own where it does not say.
    func action(for request: ActionRequest) -> SandboxAction {
        let user = user(request.user)
        return SandboxAction(
            argv: request.argv,
            environment: settings.baseEnvironment.merging(request.environment) { _, own in own },
            workingDirectory: request.cwd ?? settings.workingDirectory,
            user: user,
            profile: profiles.forTask(user: user),
            timeout: request.timeoutSeconds.map { .seconds($0) },
            resourceLimits: settings.resourceLimits,
            background: request.background
        )
    }

    /// Who acts: as named, or the trial's.
    func user(_ name: String?) -> UserSelection { name.map { .name($0) } ?? settings.agentUser }

    /// Records what `run` does as an action, whatever comes of it.
    func record(
        _ request: ActionRequest,
        as action: SandboxAction,
        phase: TrialPhase,
        _ run: () async throws(SandboxError) -> ActionResult
    ) async throws -> ActionRecord {
        let record = draft(request, phase: phase)
        try await begin(record)
        let result: ActionResult
        do throws(SandboxError) {
            result = try await run()
        } catch {
            return try await fail(record, error)
        }
        return try await complete(record, result, of: action)
    }

    /// The record of an action that is about to begin, with its number.
    func draft(_ request: ActionRequest, phase: TrialPhase) -> ActionRecord {
        ActionRecord(
            number: recorder.nextAction(phase: phase),
            phase: phase,
            request: request,
            startedAt: .now(),
            exit: .cancelled,
            cost: ActionCost(wallMilliseconds: 0),
            stdout: OutputRecord(),
            stderr: OutputRecord()
        )
    }

    /// Records that an action begins; before it does, or beside the start of what is ended when this fails.
    func begin(_ draft: ActionRecord) async throws {
        let command = String(draft.request.displayText.prefix(2000))
        try await recorder.actionStarted(draft.number, phase: draft.phase, command: command)
    }

    /// Records how an action ended and what it printed.
    func complete(
        _ begun: ActionRecord,
        _ result: ActionResult,
        of action: SandboxAction
    ) async throws -> ActionRecord {
        var record = begun
        record.exit = ActionExit(result.end)
        record.cost = ActionCost(result, limits: settings.inForce.met(by: result, of: action))
        record.stdout = try await output(result.stdout)
        record.stderr = try await output(result.stderr)
        record.evidence = ActionEvidence(result, skills: skills?.takeOpenings() ?? [])
        try await recorder.action(record)
        if result.end == .timedOut, let remark = HostLoad.remark() { try await recorder.note(remark) }
        return record
    }

    /// Records that an action could not be run; an error that is not the action's own is thrown on.
    func fail(_ begun: ActionRecord, _ error: SandboxError) async throws -> ActionRecord {
        var record = begun
        record.cost.wallMilliseconds = Double(Timestamp.now().milliseconds - begun.startedAt.milliseconds)
        switch error {
        case .notStarted(let failure):
            record.exit = .notStarted(reason: error.description, errno: Int(failure.errno))
        // The trial's deadline or its cancellation took the sandbox away from under the action.
        case .sandboxEnded where Task.isCancelled: record.exit = .cancelled
        default:
            try await recorder.action(record)
            throw error
        }
        try await recorder.action(record)
        return record
    }

    private func output(_ output: BoundedOutput) async throws(SandboxError) -> OutputRecord {
        do {
            return try await store.storeOutput(head: output.head, tail: output.tail, total: output.total)
        } catch {
            throw .system(call: "store output: \(error)", errno: 5)
        }
    }
}

extension ActionExit {
    init(_ end: ActionEnd) {
        switch end {
        case .exited(let code): self = .exited(code: code)
        case .signaled(let signal): self = .signaled(signal: signal)
        case .timedOut: self = .limit(.wallClock)
        case .cpuTimeExceeded: self = .limit(.cpuTime)
        case .outOfMemory: self = .limit(.memory)
        case .cancelled, .sandboxEnded: self = .cancelled
        case .running: self = .running
        }
    }
}

extension ActionCost {
    init(_ result: ActionResult, limits: [LimitMet]) {
        let throttled = result.throttled.map(\.milliseconds) ?? 0
        self.init(
            wallMilliseconds: result.wall.milliseconds,
            cpuMilliseconds: result.cpu?.milliseconds,
            peakMemoryBytes: result.peakMemoryBytes,
            oomKills: result.oomKills,
            throttledMilliseconds: throttled > 0 ? throttled : nil,
            limits: limits.isEmpty ? nil : limits
        )
    }
}

extension Duration {
    /// In milliseconds, with fractions.
    var milliseconds: Double {
        Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15
    }
}
