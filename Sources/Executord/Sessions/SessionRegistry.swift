import Synchronization
import Wire

/// The sessions of all live trials, by token and by trial.
final class SessionRegistry: Sendable {
    private struct Sessions {
        var byToken: [String: LiveSession] = [:]
        var byTrial: [String: LiveSession] = [:]
        /// Those who wait for a trial's sandbox to stand.
        var waiting: [String: AsyncStream<LiveSession>.Continuation] = [:]
    }
    private let sessions = Mutex(Sessions())

    func add(_ session: LiveSession) {
        let waiting = sessions.withLock { sessions in
            sessions.byToken[session.token] = session
            sessions.byTrial[session.trial] = session
            return sessions.waiting.removeValue(forKey: session.trial)
        }
        waiting?.yield(session)
        waiting?.finish()
    }

    func remove(_ session: LiveSession) {
        sessions.withLock { sessions in
            sessions.byToken.removeValue(forKey: session.token)
            sessions.byTrial.removeValue(forKey: session.trial)
        }
    }

    /// No session of this trial will come any more.
    func trialEnded(_ trial: String) {
        sessions.withLock { $0.waiting.removeValue(forKey: trial) }?.finish()
    }

    func session(token: String) -> LiveSession? { sessions.withLock { $0.byToken[token] } }

    func session(ofTrial trial: String) -> LiveSession? { sessions.withLock { $0.byTrial[trial] } }

    /// The session of a trial that is about to be started, once its sandbox stands; nothing when the trial ends before.
    func expect(_ trial: String) -> AsyncStream<LiveSession> {
        let (stream, continuation) = AsyncStream<LiveSession>.makeStream(bufferingPolicy: .bufferingNewest(1))
        sessions.withLock { $0.waiting[trial] = continuation }
        return stream
    }
}
