/// Where the verifier runs.
package enum VerifierMode: String, Codable, Sendable, CaseIterable {
    /// isolated, but separate when the task says so, or shared when it says that and the agent left a listening socket
    /// behind.
    case auto
    /// A fresh sandbox on the frozen layer.
    case isolated
    /// Harbor's: in the agent's own sandbox, its processes alive.
    case shared
    /// A fresh sandbox without anything of the agent's but the declared artifacts.
    case separate
    /// Not at all: the trial ends without a verdict.
    case none
}

/// What the check said.
package enum VerdictOutcome: String, Codable, Sendable, CaseIterable {
    case passed, failed, unverifiable
}

/// One test of the verifier, from its CTRF report.
package struct TestResult: Codable, Sendable, Hashable {
    package enum Status: String, Codable, Sendable {
        case passed, failed, skipped, pending, other
    }
    package var name: String
    package var status: Status
    package var durationMilliseconds: Double?
    package var message: String?

    package init(name: String, status: Status, durationMilliseconds: Double? = nil, message: String? = nil) {
        self.name = name
        self.status = status
        self.durationMilliseconds = durationMilliseconds
        self.message = message
    }
}

/// A path that the agent created, changed or deleted.
package struct ChangedPath: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable {
        case file, directory, symlink, deleted, other
    }
    /// Absolute inside the sandbox; control bytes and invalid UTF-8 are written as `\xNN`.
    package var path: String
    package var kind: Kind
    package var bytes: Int?

    package init(path: String, kind: Kind, bytes: Int? = nil) {
        self.path = path
        self.kind = kind
        self.bytes = bytes
    }
}

/// What the daemon saw of the agent's doing that a reader of the verdict should know.
package struct Evidence: Codable, Sendable, Hashable {
    /// Processes of the agent alive when its phase ended, killed before verification.
    package var processesKilled: Int
    /// Processes that were still there after the kill: 0, or the verdict is unverifiable.
    package var survivors: Int
    /// TCP ports on which the agent left something listening.
    package var listeningPorts: [Int]
    /// Paths changed outside the working directory, the first few hundred.
    package var changedOutside: [ChangedPath]
    package var changedOutsideTotal: Int
    package var changedInside: Int
    /// What looks like an attempt on the verdict: files of the agent's at the verifier's paths, replaced interpreters.
    package var suspicious: [String]
    /// Limits that this host did not enforce, accepted with `--allow-unenforced`.
    package var unenforcedLimits: [String]

    package init(
        processesKilled: Int = 0,
        survivors: Int = 0,
        listeningPorts: [Int] = [],
        changedOutside: [ChangedPath] = [],
        changedOutsideTotal: Int = 0,
        changedInside: Int = 0,
        suspicious: [String] = [],
        unenforcedLimits: [String] = []
    ) {
        self.processesKilled = processesKilled
        self.survivors = survivors
        self.listeningPorts = listeningPorts
        self.changedOutside = changedOutside
        self.changedOutsideTotal = changedOutsideTotal
        self.changedInside = changedInside
        self.suspicious = suspicious
        self.unenforcedLimits = unenforcedLimits
    }
}

/// The end of a trial: what the deterministic check said, and on what grounds.
package struct Verdict: Codable, Sendable, Hashable {
    package var outcome: VerdictOutcome
    /// Reward values by key; empty when unverifiable.
    package var rewards: [String: Double]
    /// Harbor's exception name when unverifiable, for example `RewardFileNotFoundError`.
    package var exception: String?
    /// One sentence: why.
    package var message: String
    /// The mode that was used; never `auto`.
    package var mode: VerifierMode
    package var tests: [TestResult]
    package var evidence: Evidence
    /// The digest of the verifier tools that were there; nil where none were.
    package var tools: String?

    package init(
        outcome: VerdictOutcome,
        rewards: [String: Double],
        exception: String? = nil,
        message: String,
        mode: VerifierMode,
        tests: [TestResult],
        evidence: Evidence,
        tools: String? = nil
    ) {
        self.outcome = outcome
        self.rewards = rewards
        self.exception = exception
        self.message = message
        self.mode = mode
        self.tests = tests
        self.evidence = evidence
        self.tools = tools
    }

    /// The number for tables: key `reward`, else the mean of all.
    package var reward: Double? {
        rewards["reward"] ?? (rewards.isEmpty ? nil : rewards.values.reduce(0, +) / Double(rewards.count))
    }
}
