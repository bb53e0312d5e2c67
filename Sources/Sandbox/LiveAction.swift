import CLinux
import Glibc
import Linux
import Reactor
import SandboxPlan
import Synchronization

/// A program that was started in a sandbox, while it runs and after.
///
/// Nobody needs to wait for it or to keep this object: limits hold, and output is read, all the same. As long as
/// somebody keeps it, what its tree left running can be killed.
package final class LiveAction: Sendable {
    /// What it printed so far; nil where it was given descriptors.
    package let stdout: OutputCapture?
    /// nil also when merged into stdout, or when it runs in a terminal.
    package let stderr: OutputCapture?
    private let action: SandboxAction
    private let id: UInt32
    private let sandbox: RunningSandbox
    private let clock = ContinuousClock()
    private let begin: ContinuousClock.Instant
    private let state: Mutex<State>
    /// Its cgroup; nil without one and once given back, when it may be another action's.
    private let slot: Mutex<(any ActionSlot)?>

    private struct State {
        var phase = Phase.starting
        /// What is to be reported instead of the death by the signal that it is given.
        var stop: ActionEnd?
        var input: ActionInput?
        var terminal: SharedDescriptor?
        var timers: [Task<Void, Never>] = []
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
        var waiterCount = 0
        /// What the layer had nothing left of at the end.
        var full: LayerShortage = []
        var changes: LayerChanges?
        var denied: DeniedCalls?
    }

    private enum Phase {
        case starting, running, ended(ActionResult), failed(SandboxError)

        var isOver: Bool {
            switch self {
            case .starting, .running: false
            case .ended, .failed: true
            }
        }

        var isStarting: Bool {
            if case .starting = self { true } else { false }
        }
    }

    init(
        _ action: SandboxAction,
        id: UInt32,
        sandbox: RunningSandbox,
        slot: (any ActionSlot)?,
        input: ActionInput?,
        stdout: OutputCapture?,
        stderr: OutputCapture?
    ) {
        self.action = action
        self.id = id
        self.sandbox = sandbox
        self.stdout = stdout
        self.stderr = stderr
        begin = clock.now
        state = Mutex(State(input: input))
        self.slot = Mutex(slot)
    }

    deinit { slot.withLock { $0?.giveBack() } }

    // MARK: What its holder can do

    /// Waits for the end of its first process; any number of tasks may.
    ///
    /// Cancelling a waiting task does not touch the action: the result is then of an action that is `running`.
    package func wait() async -> ActionResult {
        switch await phase(past: { !$0.isOver }) {
        case .ended(let result): result
        case .failed: result(.sandboxEnded)
        case .starting, .running: result(.running)
        }
    }

    /// Sends a signal to its process group; SIGKILL ends its whole tree, where there are cgroups.
    package func kill(_ signal: CInt) {
        Task { [self] in
            if signal == SIGKILL { await killTree() } else { await sandbox.signal(id, signal) }
        }
    }

    /// Kills its whole tree, also what it has left behind, and waits for the end.
    @discardableResult
    package func end() async -> ActionResult {
        await killTree()
        // Not cut short by cancellation: the promise is that nothing runs afterwards.
        let result = await Task { await wait() }.value
        giveBackSlot()
        return result
    }

    /// Kills its whole tree, to be reported as `cancelled`, and waits for the end.
    package func cancel() async {
        Task { await stop(.cancelled) }
        _ = await Task { await wait() }.value
    }

    /// Writes to its standard input, in the order of the calls; returns when the kernel has all of it.
    ///
    /// `queued` is called as soon as its place in that order is fixed.
    ///
    /// - Throws: `SandboxError.inputClosed`, `.inputFull` when too much waits for it already, `.cancelled`.
    package func write(_ bytes: [UInt8], queued: @Sendable () -> Void = {}) async throws(SandboxError) {
        guard let input = state.withLock({ $0.input }) else { throw .inputClosed }
        try await input.write(bytes, queued: queued)
    }

    /// Ends its standard input after what has been written; in a terminal, as Ctrl-D does.
    package func closeInput() {
        state.withLock { $0.input }?.close()
    }

    /// Tells its terminal a new size, and the programs in it by SIGWINCH; nothing without a terminal.
    package func resize(rows: Int, columns: Int) {
        let terminal = state.withLock { $0.terminal }
        terminal?.withRaw { _ = clinux_terminal_set_size($0, UInt16(clamping: rows), UInt16(clamping: columns)) }
    }

    /// Kills it and everything it started, to be reported as `end`.
    func stop(_ end: ActionEnd) async {
        let isFirst = state.withLock { state in
            guard state.stop == nil, !state.phase.isOver else { return false }
            state.stop = end
            return true
        }
        guard isFirst else { return }
        await killTree()
        // Its death is reported by pid 1; a process that the kernel cannot end is not waited for.
        try? await Task.sleep(for: .seconds(5))
        finish(.ended(result(end)))
    }

    private func killTree() async {
        // In pid 1's queue behind the start: it finds the first process even if that is not born yet.
        await sandbox.signal(id, SIGKILL)
        slot.withLock { $0?.killAll() }
    }

    // MARK: Its life

    /// Returns once the program runs, or has ended already.
    ///
    /// - Throws: why it does not run.
    func begun() async throws(SandboxError) {
        // The wait itself is not cut short: a program that starts after its tree was killed would live on.
        let start = Task { await phase(past: \.isStarting) }
        let reached = await withTaskCancellationHandler {
            await start.value
        } onCancel: {
            Task { await stop(.cancelled) }
        }
        if case .failed(let error) = reached { throw error }
    }

    /// Waits for the end; cancelling the caller kills the tree.
    func ended() async throws(SandboxError) -> ActionResult {
        let waiting = Task { await wait() }
        let result = await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            Task { await stop(.cancelled) }
        }
        if result.end == .sandboxEnded { throw .sandboxEnded }
        return result
    }

    /// Follows what pid 1 says of the action until its end.
    func follow(_ events: AsyncStream<ReceivedEvent>) async {
        startTimers()
        for await received in events {
            switch received.event {
            case .terminal:
                if let master = received.descriptors.first { await connect(master) }
            case .asking:
                if let listener = received.descriptors.first { await answer(listener) }
            case .started: advance(to: .running)
            case .notStarted(_, let failure): return finish(.failed(.notStarted(failure)))
            case .exited(_, let code, let signaled, let full, let changes):
                state.withLock { state in
                    state.full = full
                    state.changes = changes
                }
                let end: ActionEnd = signaled ? .signaled(signal: Int(code)) : .exited(code: Int(code))
                return finish(end)
            default: return finish(.failed(.protocolBroken("answer to a start")))
            }
        }
        if state.withLock({ $0.phase.isStarting && $0.stop == nil }) { return finish(.failed(.sandboxEnded)) }
        finish(.sandboxEnded)
    }

    /// Takes over its terminal.
    private func connect(_ master: SharedDescriptor) async {
        let input = ActionInput(master, isTerminal: true, reactor: sandbox.reactor)
        state.withLock { state in
            state.terminal = master
            state.input = input
        }
        if let stdout { await sandbox.fill(stdout, from: master) }
    }

    /// Answers what its filter asks, until none of its tree is left.
    private func answer(_ listener: SharedDescriptor) async {
        let denied = DeniedCalls(action.profile.answers)
        state.withLock { $0.denied = denied }
        await sandbox.answer(denied, from: listener)
    }

    private func startTimers() {
        guard !action.background else { return }
        var timers: [Task<Void, Never>] = []
        if let timeout = action.timeout {
            timers.append(
                Task { [weak self] in
                    guard (try? await Task.sleep(for: timeout)) != nil else { return }
                    await self?.stop(.timedOut)
                }
            )
        }
        if let limit = action.cpuTimeout {
            timers.append(
                Task { [weak self] in
                    while (try? await Task.sleep(for: .milliseconds(50))) != nil, let self {
                        guard let used = usage()?.cpu else { return }
                        if used >= limit { return await stop(.cpuTimeExceeded) }
                    }
                }
            )
        }
        state.withLock { $0.timers = timers }
    }

    private func usage() -> ActionUsage? {
        slot.withLock { $0?.usage() }
    }

    /// Reports the end of the first process, or what it was stopped for once the whole tree is gone.
    private func finish(_ end: ActionEnd) {
        let stop = state.withLock { $0.stop }
        if stop != nil { slot.withLock { $0?.killAll() } }
        finish(.ended(result(stop ?? end)))
    }

    private func finish(_ phase: Phase) {
        guard advance(to: phase) else { return }
        let (input, timers) = state.withLock { state in
            defer { state.timers = [] }
            return (state.input, state.timers)
        }
        for timer in timers { timer.cancel() }
        input?.terminate()
        if case .failed = phase {
            stdout?.end()
            stderr?.end()
        } else {
            stdout?.close()
            stderr?.close()
        }
        // What it has left running stays killable while somebody holds the action.
        if slot.withLock({ $0?.isEmpty ?? true }) { giveBackSlot() }
    }

    private func giveBackSlot() {
        slot.withLock { slot in
            slot?.giveBack()
            slot = nil
        }
    }

    /// False when it is over already.
    @discardableResult
    private func advance(to phase: Phase) -> Bool {
        let waiters = state.withLock { state -> [AsyncStream<Void>.Continuation]? in
            guard !state.phase.isOver else { return nil }
            state.phase = phase
            return Array(state.waiters.values)
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.yield() }
        return true
    }

    /// The first phase that is not waited out; when the task is cancelled, the one at that time.
    private func phase(past isWaiting: (Phase) -> Bool) async -> Phase {
        let (edges, waiter) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.waiterCount += 1
            state.waiters[state.waiterCount] = waiter
            return state.waiterCount
        }
        defer { state.withLock { $0.waiters[number] = nil } }
        var iterator = edges.makeAsyncIterator()
        while true {
            let phase = state.withLock { $0.phase }
            guard isWaiting(phase), await iterator.next() != nil else { return phase }
        }
    }

    /// What it has cost and printed until now.
    func result(_ end: ActionEnd) -> ActionResult {
        let usage = usage()
        let empty = BoundedOutput(headLimit: 0, tailLimit: 0)
        var end = end
        // A tree that the kernel killed for memory ends as SIGKILL, or as a shell's 137.
        if let usage, usage.oomKills > 0, end == .signaled(signal: 9) || end == .exited(code: 137) {
            end = .outOfMemory
        }
        let (full, changes, denied) = state.withLock { ($0.full, $0.changes, $0.denied) }
        return ActionResult(
            end: end,
            wall: clock.now - begin,
            cpu: usage?.cpu,
            peakMemoryBytes: usage?.peakMemoryBytes,
            oomKills: usage?.oomKills ?? 0,
            refusedProcesses: usage?.refusedProcesses ?? 0,
            throttled: usage?.throttled,
            full: full,
            changes: changes,
            denied: denied?.counts,
            stdout: stdout?.snapshot() ?? empty,
            stderr: stderr?.snapshot() ?? empty
        )
    }
}
