import Wire

/// The life of one trial as a state machine: which phase may follow which event; pure.
struct TrialLifecycle: Sendable, Equatable {
    /// What can happen to a trial.
    enum Event: String, Sendable, CaseIterable {
        case launched, sandboxReady, agentEnded, layerFrozen, verdictMade
        /// The agent ended, and no verdict was asked for.
        case closed
        /// The task has another step, in a sandbox of its own.
        case nextStep
        case cancelRequested, failed, daemonEnded
    }

    private(set) var phase: TrialPhase = .queued

    /// Moves to the next phase.
    ///
    /// - Returns: the new phase, or nil when the event does not fit the phase, which then stays.
    mutating func handle(_ event: Event) -> TrialPhase? {
        guard let next = next(event) else { return nil }
        phase = next
        return next
    }

    private func next(_ event: Event) -> TrialPhase? {
        switch (phase, event) {
        case (.finished, _), (.cancelled, _), (.interrupted, _), (.errored, _): nil
        case (.queued, .launched): .starting
        case (.verifying, .nextStep), (.agent, .nextStep): .starting
        case (.starting, .sandboxReady): .agent
        case (.agent, .agentEnded): .freezing
        case (.freezing, .layerFrozen): .verifying
        // Of a trial with steps, when the next one could not be prepared.
        case (.starting, .verdictMade): .finished
        case (.verifying, .verdictMade), (.agent, .closed): .finished
        case (_, .cancelRequested): .cancelled
        case (_, .failed): .errored
        // A queued trial survives the daemon: it is started by the next one.
        case (.queued, .daemonEnded): nil
        case (_, .daemonEnded): .interrupted
        case (_, .launched), (_, .sandboxReady), (_, .agentEnded), (_, .layerFrozen), (_, .verdictMade), (_, .closed),
            (_, .nextStep):
            nil
        }
    }
}
