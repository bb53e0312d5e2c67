import Synchronization
import Wire

/// Whether the agent's phase has ended, told between threads.
final class TrialEnd: Sendable {
    private let flag = Atomic<Bool>(false)
    /// Steps of the task whose agent's phase has ended.
    private let steps = Atomic<Int>(0)

    /// The trial is over.
    var hasCome: Bool { flag.load(ordering: .acquiring) }

    func come() { flag.store(true, ordering: .releasing) }

    func stepCame() { steps.add(1, ordering: .releasing) }

    /// The trial, or this step of the task, counted from 1, is over.
    func hasCome(for step: StepPlace?) -> Bool {
        hasCome || step.map { steps.load(ordering: .acquiring) >= $0.number } ?? false
    }
}

/// What an agent is to look at to see that its time is up.
struct AgentEnd: Sendable {
    let trial: TrialEnd
    let step: StepPlace?

    var hasCome: Bool { trial.hasCome(for: step) }
}
