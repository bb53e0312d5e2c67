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
