extension DistillRequest.Evidence {
    /// The task was solved, and not by a shortcut: nothing else is to be learnt from.
    package var isSuccess: Bool { verdict == .pass && (outcome ?? .pass) == .pass }
}
