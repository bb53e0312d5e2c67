import Wire

/// What agents were told of a task.
package struct TaskInstructions: Sendable, Hashable {
    /// Empty for a task with steps.
    package var whole: String
    /// By the step's name.
    package var steps: [String: String]

    package init(whole: String, steps: [String: String] = [:]) {
        self.whole = whole
        self.steps = steps
    }
}

/// The part of a trial's record that is about one step of its task.
struct StepEvents: Sendable {
    var place: StepPlace
    var events: [TrialEvent]
    /// nil when the step was not verified.
    var result: StepResult?

    /// In order; empty for a task without steps.
    static func steps(of events: [TrialEvent]) -> [StepEvents] {
        var steps: [StepEvents] = []
        for event in events {
            if case .stepStarted(let place) = event.body { steps.append(StepEvents(place: place, events: [])) }
            guard let last = steps.indices.last else { continue }
            steps[last].events.append(event)
            if case .stepEnded(let result) = event.body { steps[last].result = result }
        }
        return steps
    }
}
