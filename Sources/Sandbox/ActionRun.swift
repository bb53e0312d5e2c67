import Glibc
import SandboxPlan

/// Waits for one action: for its end, its deadline, its processor time, or its caller's cancellation.
struct ActionRun {
    let action: SandboxAction
    let slot: (any ActionSlot)?
    let sandbox: RunningSandbox
    let started: RunningSandbox.StartedRun
    private let clock = ContinuousClock()

    init(action: SandboxAction, slot: (any ActionSlot)?, sandbox: RunningSandbox, started: RunningSandbox.StartedRun) {
        self.action = action
        self.slot = slot
        self.sandbox = sandbox
        self.started = started
    }

    private enum Reason: Sendable {
        case ended(ControlEvent?)
        case timeout
        case cpuTime
    }

    func finish() async throws(SandboxError) -> ActionResult {
        let begin = clock.now
        // Not cut short by cancellation: a program that starts after its tree was killed would live on.
        let first = await Task { [events = started.events] in
            for await event in events { return event as ControlEvent? }
            return nil
        }.value
        switch first {
        case .started: break
        case .notStarted(_, let failure): throw .notStarted(failure)
        default: throw .sandboxEnded
        }
        if action.background { return result(.running, since: begin) }
        let rest = started.events
        let reason = await firstOf(rest)
        switch reason {
        case .ended(.exited(_, let code, let signaled)):
            let end: ActionEnd = signaled ? .signaled(signal: Int(code)) : .exited(code: Int(code))
            return result(end, since: begin)
        case .ended where Task.isCancelled: return await kill(as: .cancelled, since: begin)
        case .ended: throw .sandboxEnded
        case .timeout: return await kill(as: .timedOut, since: begin)
        case .cpuTime: return await kill(as: .cpuTimeExceeded, since: begin)
        }
    }

    private func firstOf(_ events: AsyncStream<ControlEvent>) async -> Reason {
        await withTaskGroup(of: Reason?.self) { group in
            group.addTask {
                for await event in events { return .ended(event) }
                return .ended(nil)
            }
            if let timeout = action.timeout {
                group.addTask { (try? await Task.sleep(for: timeout)) == nil ? nil : .timeout }
            }
            if let limit = action.cpuTimeout, let slot {
                group.addTask {
                    while (try? await Task.sleep(for: .milliseconds(50))) != nil {
                        if slot.usage().cpu >= limit { return .cpuTime }
                    }
                    return nil
                }
            }
            defer { group.cancelAll() }
            for await reason in group { if let reason { return reason } }
            return .ended(nil)
        }
    }

    /// Kills the tree and reports what it had done until then.
    private func kill(as end: ActionEnd, since begin: ContinuousClock.Instant) async -> ActionResult {
        if let slot {
            slot.killAll()
        } else {
            await sandbox.signal(started.id, SIGKILL)
        }
        return result(end, since: begin)
    }

    private func result(_ end: ActionEnd, since begin: ContinuousClock.Instant) -> ActionResult {
        let usage = slot?.usage()
        let empty = BoundedOutput(headLimit: 0, tailLimit: 0)
        var end = end
        // A tree that the kernel killed for memory ends as SIGKILL, or as a shell's 137.
        if let usage, usage.oomKills > 0, end == .signaled(signal: 9) || end == .exited(code: 137) {
            end = .outOfMemory
        }
        return ActionResult(
            end: end,
            wall: clock.now - begin,
            cpu: usage?.cpu,
            peakMemoryBytes: usage?.peakMemoryBytes,
            oomKills: usage?.oomKills ?? 0,
            stdout: started.stdout?.snapshot() ?? empty,
            stderr: started.stderr?.snapshot() ?? empty
        )
    }
}
