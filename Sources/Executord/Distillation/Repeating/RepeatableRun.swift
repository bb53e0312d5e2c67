import Tasks
import Wire

/// What a trial's agent did, as it can be done again.
struct RepeatableRun: Sendable {
    let trial: String
    /// Of the agent, in the order in which they began.
    let actions: [ActionRecord]
    /// Why it cannot be repeated; nil where it can.
    let obstacle: String?
    private let configuration: TrialConfiguration
    /// The task's step in which each action was, by its number; empty for a task without steps.
    private let steps: [Int: String]

    /// An action may take so many times what it took, and never less than the seconds: what waits for something that was
    /// left out ends.
    private static let (slower, leastSeconds) = (10.0, 10.0)

    init(_ detail: TrialDetail, events: [TrialEvent], task: LoadedTask?) {
        trial = detail.summary.trial
        configuration = detail.configuration
        var step: String?
        var (records, places) = ([ActionRecord](), [Int: String]())
        for event in events {
            switch event.body {
            case .stepStarted(let place): step = place.name
            case .action(let record) where record.phase == .agent:
                records.append(record)
                places[record.number] = step
            default: break
            }
        }
        actions = records.sorted { $0.number < $1.number }
        steps = places
        obstacle = Self.obstacle(actions, task: task)
    }

    private static func obstacle(_ actions: [ActionRecord], task: LoadedTask?) -> String? {
        guard let task else { return "its task was removed" }
        if !task.definition.templateVariables.isEmpty { return "its task needs values that are not stored" }
        if let action = actions.first(where: { $0.request.hasInput == true }) {
            return "what action \(action.number) read on its standard input is not recorded"
        }
        for case let file? in actions.lazy.map(\.request.file) {
            if file.tool == .upload { return "it was sent files whose contents are not recorded" }
            if file.tool == .write, file.content == nil { return "it wrote a file that was too large to be recorded" }
        }
        return nil
    }

    /// A trial of the same task with those of the actions whose ids are given, as `TrainingTrial` names them.
    func configuration(of ids: Set<String>, for distiller: String) -> TrialConfiguration {
        let kept = actions.filter { ids.contains("a\($0.number)") }
        var own = configuration
        own.agent = AgentSpec(kind: kept.isEmpty ? .nop : .replay, actions: kept.map(request), label: "repetition")
        // It has what the run had, and draws nothing.
        for index in own.skills?.indices ?? 0..<0 { own.skills?[index].share = nil }
        own.repeats = TrialRepetition(of: trial, actions: kept.map(\.number), distiller: distiller)
        return own
    }

    private func request(_ record: ActionRecord) -> ActionRequest {
        var request = record.request
        // Values are not recorded: whether it passes without them shows when all of it is repeated.
        request.environment = [:]
        request.step = steps[record.number]
        if !request.background {
            let seconds = max(Self.leastSeconds, Self.slower * Double(record.cost.wallMilliseconds) / 1000)
            request.timeoutSeconds = min(request.timeoutSeconds ?? seconds, seconds)
        }
        return request
    }
}
