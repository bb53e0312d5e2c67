/// How the rewards of a task's steps become the trial's.
package enum RewardStrategy: String, Codable, Sendable, CaseIterable {
    /// For each key the mean over the steps that were begun; one that lacks the key counts 0.
    case mean
    /// Those of the last step.
    case final
}

/// A step of a task that has several, by its place.
package struct StepPlace: Codable, Sendable, Hashable {
    package var name: String
    /// From 1.
    package var number: Int
    package var count: Int

    package init(name: String, number: Int, count: Int) {
        self.name = name
        self.number = number
        self.count = count
    }
}

/// How one step of a trial ended.
package struct StepResult: Codable, Sendable, Hashable {
    package var step: StepPlace
    package var verdict: Verdict
    /// What went wrong with the agent, by Harbor's name, and the verifier judged all the same; or why the step could not
    /// begin, and then it has earned nothing.
    package var exception: TrialException?
    /// What the agent did, by number.
    package var actions: Int
    /// nil when it could not begin; then there is no frozen layer of it either.
    package var agent: PhaseSpan?
    package var verifier: PhaseSpan?
    /// Why the steps after this one were not begun; nil when nothing stood against them.
    package var stopped: String?

    package init(
        step: StepPlace,
        verdict: Verdict,
        exception: TrialException? = nil,
        actions: Int,
        agent: PhaseSpan?,
        verifier: PhaseSpan?,
        stopped: String? = nil
    ) {
        self.step = step
        self.verdict = verdict
        self.exception = exception
        self.actions = actions
        self.agent = agent
        self.verifier = verifier
        self.stopped = stopped
    }
}
