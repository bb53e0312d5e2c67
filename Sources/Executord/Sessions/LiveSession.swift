import Sandbox
import Synchronization
import Tasks
import Trajectory
import Wire

/// A live trial as those see it who may act in it.
final class LiveSession: Sendable {
    /// How the agent's phase came to its end.
    enum Ending: Sendable {
        case submitted(SessionSubmit.Failure?)
        /// Whoever opened it is through, and there is nothing to verify.
        case closed
        case timedOut, cancelled
        /// The daemon's own agent is through.
        case agentDone

        /// `data.reason` of what is refused from then on.
        var reason: String {
            switch self {
            case .submitted: "submitted"
            case .closed: "closed"
            case .timedOut: "AgentTimeoutError"
            case .cancelled: "cancelled"
            case .agentDone: "agentDone"
            }
        }
    }

    /// One action that the session started: running, or recorded.
    enum Action: Sendable {
        case running(RunningAction)
        case ended(ActionRecord)
    }

    /// 256 random bits; see getrandom(2).
    let token: String
    let trial: String
    let owner: UInt32
    private let verifierMode: VerifierMode
    let session: TrialSession
    /// Where the agent's own files are kept.
    let files: AgentFiles
    /// No other step of the task follows this one.
    let isLast: Bool
    /// What the agent is told; lacks nothing but the token's bearer.
    let info: SessionInfo

    private struct State {
        var ending: Ending?
        var actions: [Int: Action] = [:]
        /// Calls that must be through before the agent's phase ends.
        var busy = 0
        var whenIdle: [CheckedContinuation<Void, Never>] = []
        var whenEnded: [AsyncStream<Ending>.Continuation] = []
        var innerSocket: String?
        /// Makes the inner socket of a session; set when one was asked for.
        var innerListener: (@Sendable (LiveSession) async throws -> Void)?
        /// What touches files, to be cut short at the end.
        var fileWork: [Int: @Sendable () -> Void] = [:]
        var lastWork = 0
        /// Bytes of output that running actions may keep.
        var outputBytes = 0
    }
    private let state = Mutex(State())
    /// The most records of ended actions that are held for `action.output`; older ones are asked of the store.
    private static let heldRecords = 256
    /// Of all actions that run at the same time.
    private static let outputBudget = 128 << 20

    /// The session of a trial, or of one step of it: what an agent left of an earlier step running cannot act in this one.
    init(_ session: TrialSession, _ sandboxes: TrialSandboxes, owner: UInt32, unenforced: [String]) {
        token = Self.newToken()
        self.session = session
        self.owner = owner
        verifierMode = sandboxes.configuration.verifierMode
        files = AgentFiles(directory: sandboxes.filesDirectory)
        isLast = sandboxes.task.definition.stage?.isLast ?? true
        info = SessionInfo(token, sandboxes, unenforced: unenforced, user: session.settings.agentUser)
        trial = session.recorder.trial
    }

    private static func newToken() -> String {
        var random = SystemRandomNumberGenerator()
        let words = (0..<4).map { _ in random.next() as UInt64 }
        return words.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Whether its end brings a verdict.
    var isVerified: Bool { verifierMode != .none }

    /// Its agent has said that it is done.
    var isSubmitted: Bool { ended?.isSubmitted ?? false }

    /// The path inside of a socket that reaches this session, told to all programs.
    var innerSocket: String? {
        get { state.withLock { $0.innerSocket } }
        set { state.withLock { $0.innerSocket = newValue } }
    }

    /// Opens the inner socket by `listener`, and that of every step that follows.
    func openInside(by listener: @escaping @Sendable (LiveSession) async throws -> Void) async throws {
        state.withLock { $0.innerListener = listener }
        try await listener(self)
    }

    /// The same as the session of the step before, if there was one and it had an inner socket.
    func openInside(as previous: LiveSession?) async throws {
        guard let listener = previous?.state.withLock({ $0.innerListener }) else { return }
        try await openInside(by: listener)
    }

    // MARK: The end

    /// How it ended; nil while it lives.
    var ended: EndedSession? {
        state.withLock { $0.ending }
            .map { EndedSession(token: token, trial: trial, owner: owner, isLast: isLast, ending: $0) }
    }

    /// Waits until somebody ends the session; nil when the waiting task is cancelled first.
    func untilEnded() async -> Ending? {
        let (endings, waiter) = AsyncStream<Ending>.makeStream()
        let ending = state.withLock { state in
            if state.ending == nil { state.whenEnded.append(waiter) }
            return state.ending
        }
        if let ending { return ending }
        for await ending in endings { return ending }
        return nil
    }

    /// Ends the session: nothing new is begun; false when it had ended before.
    @discardableResult
    func end(_ ending: Ending) -> Bool {
        let waiting = state.withLock { state -> [AsyncStream<Ending>.Continuation]? in
            guard state.ending == nil else { return nil }
            state.ending = ending
            defer { state.whenEnded = [] }
            return state.whenEnded
        }
        for waiter in waiting ?? [] { waiter.yield(ending) }
        return waiting != nil
    }

    /// Kills what runs and waits until all of it is recorded.
    func finish(_ ending: Ending) async {
        end(ending)
        let (running, fileWork) = state.withLock { state in
            let running = state.actions.values.compactMap { action -> RunningAction? in
                if case .running(let running) = action { running } else { nil }
            }
            return (running, Array(state.fileWork.values))
        }
        // Who sent a stream may never end it.
        for cut in fileWork { cut() }
        await withDiscardingTaskGroup { group in
            for action in running { group.addTask { await action.live.cancel() } }
        }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.busy == 0 { return true }
                state.whenIdle.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    // MARK: Calls

    /// Runs a call that the end of the session waits for.
    func during<R>(_ body: () async throws -> R) async throws -> R {
        try enter()
        defer { leave() }
        return try await body()
    }

    func enter() throws(WireError) {
        let hasEntered = state.withLock { state in
            if state.ending == nil { state.busy += 1 }
            return state.ending == nil
        }
        if !hasEntered, let ended { throw ended.error }
    }

    func leave() {
        let idle = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.busy -= 1
            guard state.busy == 0 else { return [] }
            defer { state.whenIdle = [] }
            return state.whenIdle
        }
        for continuation in idle { continuation.resume() }
    }

    /// Remembers how to cut a piece of work short; the number is for `forget`.
    func remember(cut: @escaping @Sendable () -> Void) -> Int {
        let (number, isOver) = state.withLock { state in
            state.lastWork += 1
            state.fileWork[state.lastWork] = cut
            return (state.lastWork, state.ending != nil)
        }
        if isOver { cut() }
        return number
    }

    func forget(_ work: Int) {
        state.withLock { _ = $0.fileWork.removeValue(forKey: work) }
    }

    /// Sets memory of the daemon's aside for what an action prints; `release` gives it back.
    ///
    /// - Throws: `conflict` when too much is running already: the daemon's memory is not the sandbox's.
    func reserve(_ bytes: Int) throws(WireError) {
        let isGranted = state.withLock { state in
            guard state.outputBytes + bytes <= Self.outputBudget else { return false }
            state.outputBytes += bytes
            return true
        }
        guard isGranted else {
            throw WireError(
                .conflict,
                "what runs in this session may keep \(Self.outputBudget >> 20) MiB of output already",
                reason: "outputBudget",
                remedy: "ask for less with outputBytes, or let some of it end"
            )
        }
    }

    func release(_ bytes: Int) {
        state.withLock { $0.outputBytes -= bytes }
    }

    // MARK: Actions

    /// Takes a running action in; one that was starting while the session ended is ended, too.
    func add(_ action: RunningAction) async {
        let isOver = state.withLock { state in
            // It may have ended, and been recorded, already.
            if state.actions[action.number] == nil { state.actions[action.number] = .running(action) }
            return state.ending != nil
        }
        if isOver { await action.live.cancel() }
    }

    /// The action's record is stored: its buffers may go.
    func ended(_ record: ActionRecord) {
        state.withLock { state in
            state.actions[record.number] = .ended(record)
            state.actions.removeValue(forKey: record.number - Self.heldRecords)
        }
    }

    func action(_ number: Int) async throws -> Action {
        if let action = state.withLock({ $0.actions[number] }) { return action }
        return .ended(try await session.store.action(trial, number: number))
    }
}
