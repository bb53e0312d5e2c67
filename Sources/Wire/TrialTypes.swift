/// Where a trial is in its life; stored with each transition.
package enum TrialPhase: String, Codable, Sendable, Hashable, CaseIterable {
    case queued, starting, agent, freezing, verifying
    /// Finished with a verdict.
    case finished
    /// Stopped before a verdict: cancelled by somebody, or cut off with the daemon.
    case cancelled, interrupted
    /// Never got as far as a verdict because the sandbox or the task failed.
    case errored

    package var isTerminal: Bool {
        switch self {
        case .finished, .cancelled, .interrupted, .errored: true
        case .queued, .starting, .agent, .freezing, .verifying: false
        }
    }
}

/// Who chooses the actions of a trial.
package struct AgentSpec: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case oracle, nop, replay
        /// Does what the skills say that it was given, without a model.
        case follower
        /// A scripted expert: follows the solution's steps with seeded mistakes.
        case teacher
        /// A program outside acts through the protocol.
        case session

        /// Whether trials of this kind run without anybody outside.
        package var isRunByDaemon: Bool { self != .session }

        /// Whether the task's solution is there for it, and so has to exist.
        package var usesSolution: Bool { self == .oracle || self == .teacher }
    }
    package var kind: Kind
    /// oracle only: every top-level command of solve.sh is an action of its own, in one shell.
    package var steps: Bool
    /// What is issued, in order: all of a replay, and by the oracle after the solution.
    package var actions: [ActionRequest]
    /// The name shown in tables, when it is not the kind's (for example `cheat`, from the replay file's name).
    package var label: String?
    /// teacher only: which mistakes it makes; nil is 0.
    ///
    /// Of a job's attempts each has the next one.
    package var seed: UInt64?

    package init(
        kind: Kind,
        steps: Bool = false,
        actions: [ActionRequest] = [],
        label: String? = nil,
        seed: UInt64? = nil
    ) {
        self.kind = kind
        self.steps = steps
        self.actions = actions
        self.label = label
        self.seed = seed
    }

    package var displayName: String { label ?? kind.rawValue }

    /// The agent of one of a job's attempts, which are counted from 1: they differ, and are the same whenever it is run.
    package func attempt(_ number: Int) -> AgentSpec {
        guard kind == .teacher else { return self }
        var own = self
        own.seed = (seed ?? 0) &+ UInt64(max(0, number - 1))
        return own
    }
}

/// What a trial is asked to be, as stored; secrets (resolved templates) are not part of it.
package struct TrialConfiguration: Codable, Sendable, Hashable {
    /// SHA-256 of the task by Harbor's definition, `sha256:…`.
    package var taskDigest: String
    package var taskName: String
    /// Where the client found the task; for people and for exports.
    package var taskPath: String
    package var agent: AgentSpec
    /// `--image`; nil resolves the task's own.
    package var image: String?
    package var verifierMode: VerifierMode
    /// Accept limits that this host cannot enforce; recorded in the result.
    package var allowUnenforced: Bool
    /// `--network`: the most that the task gets, whatever it asks for; nil is what it asks for.
    package var network: NetworkKind?
    /// Factor on the agent's and verifier's timeouts.
    package var timeoutMultiplier: Double
    /// What the agent finds; nil is none, as before there were skills.
    package var skills: [SkillGiven]?
    /// The trial tries the verifier, not an agent: nothing is learnt from it.
    package var attack: VerifierAttack?
    /// The trial does again what another one did, for a distiller: nothing is learnt from it.
    package var repeats: TrialRepetition?

    package init(
        taskDigest: String,
        taskName: String,
        taskPath: String,
        agent: AgentSpec,
        image: String? = nil,
        verifierMode: VerifierMode = .auto,
        allowUnenforced: Bool = false,
        network: NetworkKind? = nil,
        timeoutMultiplier: Double = 1,
        skills: [SkillGiven]? = nil,
        attack: VerifierAttack? = nil,
        repeats: TrialRepetition? = nil
    ) {
        self.taskDigest = taskDigest
        self.taskName = taskName
        self.taskPath = taskPath
        self.agent = agent
        self.image = image
        self.verifierMode = verifierMode
        self.allowUnenforced = allowUnenforced
        self.network = network
        self.timeoutMultiplier = timeoutMultiplier
        self.skills = skills
        self.attack = attack
        self.repeats = repeats
    }

    /// Earlier records say `forceNoNetwork`.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let earlier = try decoder.container(keyedBy: EarlierKey.self)
        let hadNone = try earlier.decodeIfPresent(Bool.self, forKey: .forceNoNetwork) ?? false
        self.init(
            taskDigest: try values.decode(String.self, forKey: .taskDigest),
            taskName: try values.decode(String.self, forKey: .taskName),
            taskPath: try values.decode(String.self, forKey: .taskPath),
            agent: try values.decode(AgentSpec.self, forKey: .agent),
            image: try values.decodeIfPresent(String.self, forKey: .image),
            verifierMode: try values.decode(VerifierMode.self, forKey: .verifierMode),
            allowUnenforced: try values.decode(Bool.self, forKey: .allowUnenforced),
            network: try values.decodeIfPresent(NetworkKind.self, forKey: .network) ?? (hadNone ? .closed : nil),
            timeoutMultiplier: try values.decode(Double.self, forKey: .timeoutMultiplier),
            skills: try values.decodeIfPresent([SkillGiven].self, forKey: .skills),
            attack: try values.decodeIfPresent(VerifierAttack.self, forKey: .attack),
            repeats: try values.decodeIfPresent(TrialRepetition.self, forKey: .repeats)
        )
    }

    private enum EarlierKey: String, CodingKey { case forceNoNetwork }

    /// As it is for the trial of that name, which draws the canaries that it gets; a canary goes before its served version.
    package func drawn(by trial: String) -> TrialConfiguration {
        guard let skills, skills.contains(where: { $0.share != nil }) else { return self }
        let canaries = skills.filter { $0.share != nil && $0.isDrawn(by: trial) }
        let others = skills.filter { skill in skill.share == nil && !canaries.contains { $0.name == skill.name } }
        var own = self
        own.skills = others + canaries
        return own
    }
}

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

/// An exception of a trial by Harbor's name, beside or instead of a verdict (`AgentTimeoutError` has both).
package struct TrialException: Codable, Sendable, Hashable {
    package var type: String
    package var message: String
    package var remedy: String?
    package var occurredAt: Timestamp

    package init(type: String, message: String, remedy: String? = nil, occurredAt: Timestamp) {
        self.type = type
        self.message = message
        self.remedy = remedy
        self.occurredAt = occurredAt
    }
}

/// A row of `executorctl list`.
package struct TrialSummary: Codable, Sendable, Hashable {
    /// `<task, 32 characters>__<7 characters>`, Harbor's trial name; unique in the daemon.
    package var trial: String
    package var job: String?
    package var task: String
    package var agent: String
    package var phase: TrialPhase
    package var outcome: VerdictOutcome?
    package var reward: Double?
    package var actions: Int
    package var submittedAt: Timestamp
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    /// The Harbor exception type, if any.
    package var exception: String?

    package init(
        trial: String,
        job: String? = nil,
        task: String,
        agent: String,
        phase: TrialPhase,
        outcome: VerdictOutcome? = nil,
        reward: Double? = nil,
        actions: Int = 0,
        submittedAt: Timestamp,
        startedAt: Timestamp? = nil,
        finishedAt: Timestamp? = nil,
        exception: String? = nil
    ) {
        self.trial = trial
        self.job = job
        self.task = task
        self.agent = agent
        self.phase = phase
        self.outcome = outcome
        self.reward = reward
        self.actions = actions
        self.submittedAt = submittedAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.exception = exception
    }
}

/// Everything `executorctl show` prints.
package struct TrialDetail: Codable, Sendable {
    package var summary: TrialSummary
    package var configuration: TrialConfiguration
    package var verdict: Verdict?
    package var exception: TrialException?
    /// Start and end of each phase that was entered.
    package var phases: [PhaseSpan]
    /// Whether `trial.verify` can repeat the verdict.
    package var hasFrozenLayer: Bool
    /// Its place in the job that was made as a whole; nil for other trials.
    package var jobTry: TrialTry?
    /// What it runs or ran on; nil before it runs.
    package var images: TrialImages?
    /// How the steps ended that were verified so far; nil for a task without steps.
    package var steps: [StepResult]?
    /// What was asked of the network; nil where nothing was.
    package var network: [NetworkTarget]?
    /// What became of the skills that the agent was given; nil where there were none.
    package var skills: [SkillUseReport]?

    package init(
        summary: TrialSummary,
        configuration: TrialConfiguration,
        verdict: Verdict?,
        exception: TrialException?,
        phases: [PhaseSpan],
        hasFrozenLayer: Bool,
        jobTry: TrialTry? = nil,
        images: TrialImages? = nil,
        steps: [StepResult]? = nil
    ) {
        self.summary = summary
        self.configuration = configuration
        self.verdict = verdict
        self.exception = exception
        self.phases = phases
        self.hasFrozenLayer = hasFrozenLayer
        self.jobTry = jobTry
        self.images = images
        self.steps = steps
    }
}

/// The images of a trial: ids of the store, `host`, or `dir:` and a path.
package struct TrialImages: Codable, Sendable, Hashable {
    package var agent: String
    /// Of the verifier of each step, or of the task; nil where it runs on what the agent left.
    package var verifiers: [String?]

    package init(agent: String, verifiers: [String?]) {
        self.agent = agent
        self.verifiers = verifiers
    }

    package var all: Set<String> { Set([agent] + verifiers.compactMap(\.self)) }
}

/// One phase with its times.
package struct PhaseSpan: Codable, Sendable, Hashable {
    package var phase: TrialPhase
    package var startedAt: Timestamp
    package var finishedAt: Timestamp?

    package init(phase: TrialPhase, startedAt: Timestamp, finishedAt: Timestamp? = nil) {
        self.phase = phase
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}
