import Synchronization
import Trajectory
import Wire

/// Writes a trial's record and wakes those who watch it: the event is stored before anybody hears of it.
final class TrialRecorder: Sendable {
    let trial: String
    private let store: Store
    private let feed: TrialFeed
    private let lifecycle = Mutex(TrialLifecycle())
    private let actions = Atomic<Int>(0)
    private let isCutOff = Atomic<Bool>(false)
    /// What the agent did, and what went wrong with it first, since the step began.
    private let step = Mutex((actions: 0, exception: TrialException?.none))

    init(trial: String, store: Store, feed: TrialFeed) {
        self.trial = trial
        self.store = store
        self.feed = feed
    }

    var phase: TrialPhase { lifecycle.withLock { $0.phase } }

    /// The daemon stops: the cancellation that follows is not the trial's own.
    func cutOff() { isCutOff.store(true, ordering: .relaxed) }

    /// Ends the trial after its cancellation.
    func endCancelled() async throws {
        let isCutOff = isCutOff.load(ordering: .relaxed)
        let message = isCutOff ? "cut off; the job goes on with a new try" : "the trial was cancelled"
        try await end(
            isCutOff ? .daemonEnded : .cancelRequested,
            exception: TrialException(type: "CancelledError", message: message, occurredAt: .now())
        )
    }

    /// Moves on and stores the new phase.
    func advance(_ event: TrialLifecycle.Event) async throws {
        guard let phase = lifecycle.withLock({ $0.handle(event) }) else {
            throw WireError(.conflict, "the trial is \(self.phase.rawValue): '\(event.rawValue)' does not fit")
        }
        _ = try await store.transition(trial, to: phase)
        feed.wake(trial)
    }

    /// Ends the trial, in one durable transaction.
    func end(_ event: TrialLifecycle.Event, verdict: Verdict? = nil, exception: TrialException? = nil) async throws {
        guard let phase = lifecycle.withLock({ $0.handle(event) }) else { return }
        _ = try await store.finish(trial, phase: phase, verdict: verdict, exception: exception)
        feed.wake(trial)
    }

    func message(_ message: AgentMessage) async throws {
        _ = try await store.append(trial, .message(message))
        feed.wake(trial)
    }

    func note(_ text: String) async throws {
        _ = try await store.append(trial, .note(text))
        feed.wake(trial)
    }

    func stepStarted(_ place: StepPlace) async throws {
        step.withLock { $0 = (0, nil) }
        _ = try await store.append(trial, .stepStarted(place))
        feed.wake(trial)
    }

    func stepEnded(_ result: StepResult) async throws {
        _ = try await store.append(trial, .stepEnded(result))
        feed.wake(trial)
    }

    /// Of the agent, since the step began.
    var stepSoFar: (actions: Int, exception: TrialException?) { step.withLock { $0 } }

    func exception(_ exception: TrialException) async throws {
        step.withLock { $0.exception = $0.exception ?? exception }
        _ = try await store.append(trial, .exception(exception))
        feed.wake(trial)
    }

    /// Numbers an action that is about to begin.
    func nextAction(phase: TrialPhase) -> Int {
        if phase == .agent { step.withLock { $0.actions += 1 } }
        return actions.add(1, ordering: .relaxed).newValue
    }

    func actionStarted(_ number: Int, phase: TrialPhase, command: String) async throws {
        _ = try await store.append(trial, .actionStarted(number: number, phase: phase, command: command))
        feed.wake(trial)
    }

    func action(_ record: ActionRecord) async throws {
        _ = try await store.append(trial, .action(record))
        feed.wake(trial)
    }
}

/// Wakes the watchers of trials; they read the store themselves, so a slow one holds up nobody.
final class TrialFeed: Sendable {
    private struct Watchers {
        var byTrial: [String: [Int: AsyncStream<Void>.Continuation]] = [:]
        var next = 0
    }
    private let watchers = Mutex(Watchers())

    /// One wake-up at once, then one after each change; at most one waits unread.
    func watch(_ trial: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let id = watchers.withLock { watchers in
            watchers.next += 1
            watchers.byTrial[trial, default: [:]][watchers.next] = continuation
            return watchers.next
        }
        continuation.onTermination = { [weak self] _ in self?.drop(trial, id) }
        return stream
    }

    func wake(_ trial: String) {
        let waiting = watchers.withLock { $0.byTrial[trial].map { Array($0.values) } ?? [] }
        for watcher in waiting { watcher.yield() }
    }

    private func drop(_ trial: String, _ id: Int) {
        watchers.withLock { watchers in
            watchers.byTrial[trial]?.removeValue(forKey: id)
            if watchers.byTrial[trial]?.isEmpty ?? false { watchers.byTrial.removeValue(forKey: trial) }
        }
    }
}
