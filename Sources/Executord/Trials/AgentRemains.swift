import Tasks
import Wire

/// What was alive when the agent's phase ended.
struct AgentRemains: Sendable {
    var processes: Int
    var ports: [Int]

    /// Where the verifier runs: as asked, else as the task says, else on the frozen layer.
    ///
    /// An agent cannot choose that: what lives on can write the reward. It needs whoever runs the trial, or a task that
    /// says `environment_mode = "shared"` and an agent that left something listening.
    ///
    /// Between steps everything ends: there nothing is shared.
    func mode(_ asked: VerifierMode, task: TaskDefinition) -> VerifierMode {
        guard asked == .auto else { return asked }
        return switch task.verifier.mode {
        case .separate: .separate
        case .shared: ports.isEmpty || task.stage != nil ? .isolated : .shared
        case nil: .isolated
        }
    }

    /// What the record says of listening sockets; nil when there is nothing to say.
    func note(_ mode: VerifierMode) -> String? {
        guard !ports.isEmpty else { return nil }
        let what = "the agent left something listening on port \(ports.map(String.init).joined(separator: ", "))"
        return mode == .shared
            ? "\(what): the verifier runs beside it"
            : "\(what): it ends before the verifier begins, unless the task says environment_mode = \"shared\""
    }

    func evidence(_ unenforced: [String]) -> Evidence {
        Evidence(processesKilled: processes, listeningPorts: ports, unenforcedLimits: unenforced)
    }
}
