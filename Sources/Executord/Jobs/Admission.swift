import Wire

/// What trials take of a host, or what a host has for them.
struct HostShare: Sendable, Equatable {
    var memoryBytes: Int
    var processors: Double

    /// Whether this much is there in another; a hair of rounding does not matter.
    func fits(in other: HostShare) -> Bool {
        memoryBytes <= other.memoryBytes && processors <= other.processors + 1e-9
    }

    static func + (left: HostShare, right: HostShare) -> HostShare {
        HostShare(
            memoryBytes: left.memoryBytes + right.memoryBytes,
            processors: left.processors + right.processors
        )
    }
}

/// Decides which waiting trials start: pure, and the only place where that is decided.
///
/// What runs never takes more memory and processors than the host has for trials: a trial that has to share a processor
/// or to swap takes longer than its task allows, and its verdict would say more about the host than about the agent.
///
/// First come, first served. A trial whose time has not come, or whose job has as many running as it may, stands aside;
/// one that does not fit holds back all that came after it, so that large trials do not starve.
struct Admission: Sendable {
    /// One trial that waits or runs.
    struct Claim: Sendable, Equatable {
        var trial: String
        var share: HostShare
        /// The job that was made as a whole.
        var job: Int?
        /// How many of that job may run at the same time.
        var jobLimit = Int.max
        /// Waits until then.
        var notBefore: Timestamp?
        /// Otherwise it waits for somebody to act in it.
        var isRunByDaemon = true
    }

    let capacity: HostShare
    /// Trials at the same time, whatever they take.
    let concurrency: Int
    private(set) var running: [String: Claim] = [:]
    /// The memory of those whose last program has ended.
    private var resting: [String: Int] = [:]
    /// The jobs of trials that have a place in them.
    private var jobs: [String: Int] = [:]
    private var runningOfJob: [Int: Int] = [:]
    private(set) var taken = HostShare(memoryBytes: 0, processors: 0)

    init(capacity: HostShare, concurrency: Int) {
        self.capacity = capacity
        self.concurrency = concurrency
    }

    /// Moves those that start now out of `waiting`, which is in order of submission.
    mutating func admit(from waiting: inout [Claim], at now: Timestamp) -> [Claim] {
        var admitted: [Claim] = []
        var kept: [Claim] = []
        var rest = waiting[...]
        while running.count < concurrency, let claim = rest.first {
            if !isReady(claim, now) {
                kept.append(claim)
            } else if (taken + claim.share).fits(in: capacity) {
                take(claim)
                admitted.append(claim)
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        if !admitted.isEmpty { waiting = kept + rest }
        return admitted
    }

    /// The last program of a trial has ended, its end is to be recorded: its processors are free, its memory not yet.
    ///
    /// Where a job has one trial at a time, the next one begins after that: what it is given may depend on the record.
    mutating func rest(_ trial: String) {
        guard let claim = running.removeValue(forKey: trial) else { return }
        resting[trial] = claim.share.memoryBytes
        sumUp()
        if claim.jobLimit > 1 { leaveJob(trial) }
    }

    /// A trial has ended: it is forgotten.
    mutating func release(_ trial: String) {
        running[trial] = nil
        resting[trial] = nil
        sumUp()
        leaveJob(trial)
    }

    /// Anew, so that rounding does not pile up.
    private mutating func sumUp() {
        let memory = resting.values.reduce(0, +)
        taken = running.values.reduce(HostShare(memoryBytes: memory, processors: 0)) { $0 + $1.share }
    }

    private mutating func leaveJob(_ trial: String) {
        guard let job = jobs.removeValue(forKey: trial) else { return }
        runningOfJob[job, default: 1] -= 1
    }

    /// When the next one's wait is over that waits for its time; nil when none does.
    func nextTime(of waiting: [Claim], after now: Timestamp) -> Timestamp? {
        waiting.compactMap(\.notBefore).filter { $0 > now }.min()
    }

    private func isReady(_ claim: Claim, _ now: Timestamp) -> Bool {
        guard claim.isRunByDaemon, claim.notBefore.map({ $0 <= now }) ?? true else { return false }
        return claim.job.map { runningOfJob[$0, default: 0] < claim.jobLimit } ?? true
    }

    private mutating func take(_ claim: Claim) {
        running[claim.trial] = claim
        if let job = claim.job {
            jobs[claim.trial] = job
            runningOfJob[job, default: 0] += 1
        }
        taken = taken + claim.share
    }
}
