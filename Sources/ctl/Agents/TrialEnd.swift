import Synchronization
import Wire

/// Whether the agent's phase has ended, told between threads.
final class TrialEnd: Sendable {
    private let flag = Atomic<Bool>(false)
    /// Steps of the task whose agent's phase has ended; a task without steps has one.
    private let steps = Atomic<Int>(0)

    /// The trial is over.
    var hasCome: Bool { flag.load(ordering: .acquiring) }

    func come() { flag.store(true, ordering: .releasing) }

    func stepCame() { steps.add(1, ordering: .releasing) }

    /// The trial is over, or the agent's phase of it or of this step.
    func hasCome(for step: StepPlace?) -> Bool {
        hasCome || steps.load(ordering: .acquiring) >= step?.number ?? 1
    }
}

/// What an agent is to look at to see that its time is up.
struct AgentEnd: Sendable {
    let trial: TrialEnd
    let step: StepPlace?

    var hasCome: Bool { trial.hasCome(for: step) }
}
