import Synchronization
import Trajectory
import Wire

/// Where the requests of a sandbox are written down.
protocol NetworkEvidence: Sendable {
    /// Called at the end of each request.
    func record(_ request: NetworkRequest) async
    /// Called once, when no more requests can come.
    func finish() async
}

/// How many requests of one sandbox are kept one by one; a program can make them faster than anybody reads.
enum NetworkEvidenceLimit {
    static let requests = 1000
}

/// Requests as events of a trial, the first thousand; the others are counted.
final class RecordedRequests: NetworkEvidence {
    private let trial: String
    private let store: Store
    private let feed: TrialFeed
    private let counts = Mutex((kept: 0, further: [NetworkRequest.Decision: Int]()))

    init(trial: String, store: Store, feed: TrialFeed) {
        self.trial = trial
        self.store = store
        self.feed = feed
    }

    func record(_ request: NetworkRequest) async {
        let isKept = counts.withLock { counts in
            guard counts.kept < NetworkEvidenceLimit.requests else {
                counts.further[request.decision, default: 0] += 1
                return false
            }
            counts.kept += 1
            return true
        }
        if isKept { await append(.network(request)) }
    }

    func finish() async {
        let further = counts.withLock { $0.further }
        guard !further.isEmpty else { return }
        let parts = NetworkRequest.Decision.allCases.compactMap { decision in
            further[decision].map { "\($0) \(decision.rawValue)" }
        }
        await append(.note("further network requests, not recorded one by one: \(parts.joined(separator: ", "))"))
    }

    private func append(_ body: TrialEvent.Body) async {
        do throws(StoreError) {
            _ = try await store.append(trial, body)
            feed.wake(trial)
        } catch .conflict {
            // The verdict is being repeated: the trial's record is closed.
        } catch {
            Log.error("a network request of trial \(trial) could not be recorded: \(error)")
        }
    }
}

/// Requests of a sandbox without a trial, the first thousand, for its result.
final class CollectedRequests: NetworkEvidence {
    private let requests = Mutex<[NetworkRequest]>([])

    func record(_ request: NetworkRequest) async {
        requests.withLock { if $0.count < NetworkEvidenceLimit.requests { $0.append(request) } }
    }

    func finish() async {}

    /// By target; nil where nothing was asked.
    var targets: [NetworkTarget]? {
        let all = requests.withLock { $0 }
        return all.isEmpty ? nil : [NetworkTarget](all)
    }
}
