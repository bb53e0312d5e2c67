import Synchronization
import Wire

/// The sessions of all live trials, by token and by trial.
final class SessionRegistry: Sendable {
    private struct Sessions {
        var byToken: [String: LiveSession] = [:]
        var byTrial: [String: LiveSession] = [:]
        /// Those who wait for a trial's sandbox to stand.
        var waiting: [String: [CheckedContinuation<LiveSession?, Never>]] = [:]
    }
    private let sessions = Mutex(Sessions())

    func add(_ session: LiveSession) {
        let waiting = sessions.withLock { sessions in
            sessions.byToken[session.token] = session
            sessions.byTrial[session.trial] = session
            return sessions.waiting.removeValue(forKey: session.trial) ?? []
        }
        for continuation in waiting { continuation.resume(returning: session) }
    }

    func remove(_ session: LiveSession) {
        sessions.withLock { sessions in
            sessions.byToken.removeValue(forKey: session.token)
            sessions.byTrial.removeValue(forKey: session.trial)
        }
    }

    /// No session of this trial will come any more.
    func trialEnded(_ trial: String) {
        let waiting = sessions.withLock { $0.waiting.removeValue(forKey: trial) ?? [] }
        for continuation in waiting { continuation.resume(returning: nil) }
    }

    func session(token: String) -> LiveSession? { sessions.withLock { $0.byToken[token] } }

    func session(ofTrial trial: String) -> LiveSession? { sessions.withLock { $0.byTrial[trial] } }

    /// Waits until the trial's sandbox stands; nil when the trial ended before.
    ///
    /// The trial must not have ended before the call: `trialEnded` is told only once.
    func opened(_ trial: String) async -> LiveSession? {
        await withCheckedContinuation { continuation in
            let there = sessions.withLock { sessions -> LiveSession? in
                if let session = sessions.byTrial[trial] { return session }
                sessions.waiting[trial, default: []].append(continuation)
                return nil
            }
            if let there { continuation.resume(returning: there) }
        }
    }
}
