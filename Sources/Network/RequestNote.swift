import Synchronization
import Tasks
import Wire

/// What is known of one request while it is served; at its end it is evidence.
final class RequestNote: Sendable {
    private struct State {
        var record: NetworkRequest
        var isDropped = false
    }
    private let state: Mutex<State>
    private let start = ContinuousClock.now
    let activity = Activity()

    init(phase: TrialPhase) {
        // Until it is known to be more: a request that was never whole.
        state = Mutex(
            State(record: NetworkRequest(phase: phase, startedAt: .now(), decision: .refused, reason: "malformed"))
        )
    }

    /// Names are cut: what a program sends is not trusted to be short.
    func request(_ method: String, _ host: String, _ port: Int) {
        state.withLock { state in
            (state.record.method, state.record.host) = (String(method.prefix(32)), String(host.prefix(260)))
            state.record.port = port
        }
    }

    func connected(to address: IPAddress) {
        state.withLock { $0.record.address = "\(address)" }
    }

    func allow(status: Int) {
        state.withLock { state in
            (state.record.decision, state.record.reason, state.record.status) = (.allowed, nil, status)
        }
    }

    func refuse(_ reason: String, status: Int) {
        state.withLock { state in
            (state.record.decision, state.record.reason, state.record.status) = (.refused, reason, status)
        }
    }

    /// A request that had been let through keeps its answer.
    func fail(_ reason: String, status: Int? = nil) {
        state.withLock { state in
            state.record.reason = reason
            guard state.record.decision != .allowed else { return }
            (state.record.decision, state.record.status) = (.failed, status)
        }
    }

    /// There was no request.
    func drop() { state.withLock { $0.isDropped = true } }

    /// A target was connected to, and nothing has come back.
    var isUnanswered: Bool {
        state.withLock { $0.record.address != nil && $0.record.decision != .allowed }
    }

    func sent(_ count: Int) {
        activity.touch()
        state.withLock { $0.record.sentBytes += count }
    }

    func received(_ count: Int) {
        activity.touch()
        state.withLock { $0.record.receivedBytes += count }
    }

    /// The evidence; nil when there was no request.
    func finished() -> NetworkRequest? {
        state.withLock { state in
            guard !state.isDropped else { return nil }
            var record = state.record
            let wall = ContinuousClock.now - start
            record.milliseconds = Double(wall / .microseconds(1)) / 1000
            return record
        }
    }
}

/// When something last happened.
final class Activity: Sendable {
    private let last = Mutex(ContinuousClock.now)

    func touch() { last.withLock { $0 = .now } }

    var latest: ContinuousClock.Instant { last.withLock { $0 } }
}

/// Runs work until it ends (true), nothing has happened for `idle`, or `total` is over (false).
///
/// Work that is cut off is cancelled and awaited.
func withIdleLimit(
    _ idle: Duration,
    total: Duration,
    activity: Activity,
    _ work: @escaping @Sendable () async -> Void
) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
        group.addTask {
            await work()
            return true
        }
        group.addTask {
            let end = ContinuousClock.now + total
            while !Task.isCancelled {
                let due = min(end, activity.latest + idle)
                if due <= .now { return false }
                try? await Task.sleep(until: due)
            }
            return true
        }
        let isDone = await group.next() ?? true
        group.cancelAll()
        return isDone
    }
}
