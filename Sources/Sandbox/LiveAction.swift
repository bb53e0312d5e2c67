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
    let id: UInt32
    private let sandbox: RunningSandbox
    private let clock = ContinuousClock()
    private let state: Mutex<State>
    /// Its cgroup; nil without one and once given back, when it may be another action's.
    private let slot: Mutex<(any ActionSlot)?>

    private struct State {
        var phase = Phase.starting
        var begin: ContinuousClock.Instant
        /// What is to be reported instead of the death by the signal that it is given.
        var stop: ActionEnd?
        var input: ActionInput?
        var hadInput = false
        var terminal: SharedDescriptor?
        /// Its limit of time.
        var alarm: Alarm?
        /// What looks at its processor time.
        var meter: Task<Void, Never>?
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
        /// Those that cancellation does not end.
        var patient: [CheckedContinuation<Void, Never>] = []
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
        state = Mutex(State(begin: clock.now, input: input))
        self.slot = Mutex(slot)
    }

    deinit { slot.withLock { $0?.giveBack() } }

    // MARK: What its holder can do

    /// Waits for the end of its first process; any number of tasks may.
    ///
    /// Cancelling a waiting task does not touch the action: the result is then of an action that is `running`.
    package func wait() async -> ActionResult {
        result(in: await phase(past: { !$0.isOver }))
    }

    /// The same, cancelled or not.
    private func waitRegardless() async -> ActionResult {
        result(in: await phase(pastRegardless: { !$0.isOver }))
    }

    private func result(in phase: Phase) -> ActionResult {
        switch phase {
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
        let result = await waitRegardless()
        giveBackSlot()
        return result
    }

    /// Kills its whole tree, to be reported as `cancelled`, and waits for the end.
    package func cancel() async {
        Task { await stop(.cancelled) }
        _ = await waitRegardless()
    }

    /// Writes to its standard input, in the order of the calls; returns when the kernel has all of it.
    ///
    /// `queued` is called as soon as its place in that order is fixed.
    ///
    /// - Throws: `SandboxError.inputClosed`, `.inputFull` when too much waits for it already, `.cancelled`.
    package func write(_ bytes: [UInt8], queued: @Sendable () -> Void = {}) async throws(SandboxError) {
        let open = state.withLock { state in
            state.hadInput = true
            return state.input
        }
        guard let input = open else { throw .inputClosed }
        try await input.write(bytes, queued: queued)
    }

    /// Whether somebody wrote to its standard input.
    package var hadInput: Bool { state.withLock { $0.hadInput } }

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
        let reached = await withTaskCancellationHandler {
            await phase(pastRegardless: \.isStarting)
        } onCancel: {
            Task { await stop(.cancelled) }
        }
        if case .failed(let error) = reached { throw error }
    }

    /// Waits for the end; cancelling the caller kills the tree.
    ///
    /// - Throws: why it did not run.
    package func finished() async throws(SandboxError) -> ActionResult {
        let reached = await withTaskCancellationHandler {
            await phase(pastRegardless: { !$0.isOver })
        } onCancel: {
            Task { await stop(.cancelled) }
        }
        if case .failed(let error) = reached { throw error }
        let result = result(in: reached)
        if result.end == .sandboxEnded { throw .sandboxEnded }
        return result
    }

    /// Hears what pid 1 says of the action, until its end.
    func receive(_ received: ReceivedEvent, from sandbox: isolated RunningSandbox) {
        switch received.event {
        case .terminal:
            if let master = received.descriptors.first { connect(master, sandbox) }
        case .asking:
            guard let listener = received.descriptors.first else { return }
            let denied = DeniedCalls(action.profile.answers)
            state.withLock { $0.denied = denied }
            sandbox.answer(denied, from: listener)
        case .started: advance(to: .running)
        case .notStarted(_, let failure): finish(.failed(.notStarted(failure)))
        case .exited(_, let code, let signaled, let full, let changes):
            state.withLock { state in
                state.full = full
                state.changes = changes
            }
            let end: ActionEnd = signaled ? .signaled(signal: Int(code)) : .exited(code: Int(code))
            finishWhenGone(end)
        default: finish(.failed(.protocolBroken("answer to a start")))
        }
    }

    /// Nothing more is heard of it: the sandbox has ended, unless it had before.
    func lost() {
        if state.withLock({ $0.phase.isStarting && $0.stop == nil }) { return finish(.failed(.sandboxEnded)) }
        finishWhenGone(.sandboxEnded)
    }

    /// Takes over its terminal.
    private func connect(_ master: SharedDescriptor, _ sandbox: isolated RunningSandbox) {
        let input = ActionInput(master, isTerminal: true, reactor: sandbox.reactor)
        state.withLock { state in
            state.terminal = master
            state.input = input
        }
        if let stdout { sandbox.fill(stdout, from: master) }
    }

    /// Its time counts from now on; once it has been asked for, and can begin.
    func startClock() {
        state.withLock { $0.begin = clock.now }
        guard !action.background else { return }
        let alarm = action.timeout.map { timeout in
            Alarm(after: timeout) { [weak self] in Task { await self?.stop(.timedOut) } }
        }
        let meter = action.cpuTimeout.map { limit in
            Task { [weak self] in
                while (try? await Task.sleep(for: .milliseconds(50))) != nil, let self {
                    guard let used = usage()?.cpu else { return }
                    if used >= limit { return await stop(.cpuTimeExceeded) }
                }
            }
        }
        let isOver = state.withLock { state in
            (state.alarm, state.meter) = (alarm, meter)
            return state.phase.isOver
        }
        if isOver { endClock() }
    }

    private func endClock() {
        let (alarm, meter) = state.withLock { state in
            defer { (state.alarm, state.meter) = (nil, nil) }
            return (state.alarm, state.meter)
        }
        alarm?.cancel()
        meter?.cancel()
    }

    private func usage() -> ActionUsage? {
        slot.withLock { $0?.usage() }
    }

    /// Reports the end of the first process, or what it was stopped for once the whole tree is gone.
    private func finishWhenGone(_ end: ActionEnd) {
        let (stop, isOver) = state.withLock { ($0.stop, $0.phase.isOver) }
        guard !isOver else { return }
        guard let stop else { return finish(.ended(result(end))) }
        // That may take a while, and the sandbox has other actions.
        Task {
            slot.withLock { $0?.killAll() }
            finish(.ended(result(stop)))
        }
    }

    private func finish(_ phase: Phase) {
        guard advance(to: phase) else { return }
        endClock()
        state.withLock { $0.input }?.terminate()
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
        let waiting = state.withLock {
            state -> ([AsyncStream<Void>.Continuation], [CheckedContinuation<Void, Never>])? in
            guard !state.phase.isOver else { return nil }
            state.phase = phase
            defer { state.patient = [] }
            return (Array(state.waiters.values), state.patient)
        }
        guard let (waiters, patient) = waiting else { return false }
        for waiter in waiters { waiter.yield() }
        for waiter in patient { waiter.resume() }
        return true
    }

    /// The first phase that is not waited out, cancelled or not.
    private func phase(pastRegardless isWaiting: (Phase) -> Bool) async -> Phase {
        while true {
            let phase = state.withLock { $0.phase }
            guard isWaiting(phase) else { return phase }
            await withCheckedContinuation { waiter in
                let mayWait = state.withLock { state in
                    guard isWaiting(state.phase) else { return false }
                    state.patient.append(waiter)
                    return true
                }
                if !mayWait { waiter.resume() }
            }
        }
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
        let (begin, full, changes, denied) = state.withLock { ($0.begin, $0.full, $0.changes, $0.denied) }
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
