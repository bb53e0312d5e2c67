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
    let clock = ContinuousClock()

    /// Runs one action as the agent (or, in other phases, as whom the request names).
    func perform(_ request: ActionRequest, phase: TrialPhase = .agent) async throws -> ActionRecord {
        let user = request.user.map { UserSelection.name($0) } ?? settings.agentUser
        let action = SandboxAction(
            argv: request.argv,
            environment: settings.baseEnvironment.merging(request.environment) { _, own in own },
            workingDirectory: request.cwd ?? settings.workingDirectory,
            user: user,
            profile: profiles.forTask(user: user),
            timeout: request.timeoutSeconds.map { .seconds($0) },
            resourceLimits: settings.resourceLimits,
            background: request.background
        )
        return try await record(request, phase: phase) { () throws(SandboxError) in try await sandbox.run(action) }
    }

    /// Records what `run` does as an action, whatever comes of it.
    func record(
        _ request: ActionRequest,
        phase: TrialPhase,
        _ run: () async throws(SandboxError) -> ActionResult
    ) async throws -> ActionRecord {
        let begin = clock.now
        let startedAt = Timestamp.now()
        let number = try await recorder.actionStarted(phase: phase, command: String(request.displayText.prefix(2000)))
        var record = ActionRecord(
            number: number,
            phase: phase,
            request: request,
            startedAt: startedAt,
            exit: .cancelled,
            cost: ActionCost(wallMilliseconds: 0),
            stdout: OutputRecord(),
            stderr: OutputRecord()
        )
        do throws(SandboxError) {
            let result = try await run()
            record.exit = ActionExit(result.end)
            record.cost = ActionCost(result)
            record.stdout = try await output(result.stdout)
            record.stderr = try await output(result.stderr)
        } catch {
            record.cost.wallMilliseconds = (clock.now - begin).milliseconds
            switch error {
            case .notStarted(let failure):
                record.exit = .notStarted(reason: error.description, errno: Int(failure.errno))
            // The trial's deadline or its cancellation took the sandbox away from under the action.
            case .sandboxEnded where Task.isCancelled: record.exit = .cancelled
            default:
                try await recorder.action(record)
                throw error
            }
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
    init(_ result: ActionResult) {
        self.init(
            wallMilliseconds: result.wall.milliseconds,
            cpuMilliseconds: result.cpu?.milliseconds,
            peakMemoryBytes: result.peakMemoryBytes,
            oomKills: result.oomKills
        )
    }
}

extension Duration {
    /// In milliseconds, with fractions.
    var milliseconds: Double {
        Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15
    }
}
