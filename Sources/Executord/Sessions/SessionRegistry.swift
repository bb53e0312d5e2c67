import Synchronization
import Wire

/// The sessions of all live trials, by token and by trial.
final class SessionRegistry: Sendable {
    private struct Sessions {
        var byToken: [String: LiveSession] = [:]
        var byTrial: [String: LiveSession] = [:]
        /// Those who wait for a trial's sandbox to stand.
        var waiting: [String: [Int: AsyncStream<LiveSession>.Continuation]] = [:]
        var lastWaiter = 0
    }
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
        }
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
