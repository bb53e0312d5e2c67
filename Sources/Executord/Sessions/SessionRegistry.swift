import Synchronization
import Wire

/// The sessions of all live trials, by token and by trial, and how the last ones ended.
final class SessionRegistry: Sendable {
    private struct Sessions {
        var byToken: [String: LiveSession] = [:]
        var byTrial: [String: LiveSession] = [:]
        /// Those who wait for a trial's sandbox to stand.
        var waiting: [String: [Int: AsyncStream<LiveSession>.Continuation]] = [:]
        var lastWaiter = 0
        /// Those who still call are told; the oldest first.
        var ended: [EndedSession] = []
    }
    private static let endedCount = 1024
    private let sessions = Mutex(Sessions())

    func add(_ session: LiveSession) {
        let waiting = sessions.withLock { sessions in
            sessions.byToken[session.token] = session
            sessions.byTrial[session.trial] = session
            return sessions.waiting.removeValue(forKey: session.trial)
        }
        for waiter in (waiting ?? [:]).values {
            waiter.yield(session)
            waiter.finish()
        }
    }

    func remove(_ session: LiveSession) {
        sessions.withLock { sessions in
            sessions.byToken.removeValue(forKey: session.token)
            sessions.byTrial.removeValue(forKey: session.trial)
            guard let ended = session.ended else { return }
            if sessions.ended.count == Self.endedCount { sessions.ended.removeFirst() }
            sessions.ended.append(ended)
        }
    }

    func ended(where isWanted: (EndedSession) -> Bool) -> EndedSession? {
        sessions.withLock { $0.ended.last(where: isWanted) }
    }

    /// No session of this trial will come any more.
    func trialEnded(_ trial: String) {
        let waiting = sessions.withLock { $0.waiting.removeValue(forKey: trial) }
        for waiter in (waiting ?? [:]).values { waiter.finish() }
    }

    func session(token: String) -> LiveSession? { sessions.withLock { $0.byToken[token] } }

    func session(ofTrial trial: String) -> LiveSession? { sessions.withLock { $0.byTrial[trial] } }

    /// The next session of a trial, its first one or that of the next step, once its sandbox stands; nothing when the
    /// trial ends before.
    func expect(_ trial: String) -> AsyncStream<LiveSession> {
        let (stream, continuation) = AsyncStream<LiveSession>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = sessions.withLock { sessions in
            sessions.lastWaiter += 1
            sessions.waiting[trial, default: [:]][sessions.lastWaiter] = continuation
            return sessions.lastWaiter
        }
        // Who does not wait any more is forgotten.
        continuation.onTermination = { [weak self] _ in
            self?.sessions.withLock { sessions in
                sessions.waiting[trial]?.removeValue(forKey: number)
                if sessions.waiting[trial]?.isEmpty ?? false { sessions.waiting.removeValue(forKey: trial) }
            }
        }
        return stream
    }
}

/// What is remembered of a session.
struct EndedSession: Sendable {
    let token: String
    let trial: String
    let owner: UInt32
    /// No other step of the task follows.
    let isLast: Bool
    let ending: LiveSession.Ending

    /// Its agent has said that it was done.
    var isSubmitted: Bool {
        switch ending {
        case .submitted, .closed: true
        case .timedOut, .cancelled, .agentDone: false
        }
    }

    /// What its callers get from then on.
    var error: WireError {
        WireError(
            .sessionEnded,
            "the session of trial \(trial) is over: \(ending.reason)",
            reason: ending.reason,
            remedy: "executorctl show \(trial)"
        )
    }
}
