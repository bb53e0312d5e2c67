/// One entry of a trial's record: numbered, stored before anybody hears of it.
package struct TrialEvent: Codable, Sendable, Hashable {
    /// From 1, without gaps, per trial.
    package var sequence: Int
    package var at: Timestamp
    package var body: Body

    package enum Body: Codable, Sendable, Hashable {
        /// The trial entered a phase.
        case phase(TrialPhase)
        /// An action began (its end is `action` with the same number).
        case actionStarted(number: Int, phase: TrialPhase, command: String)
        /// An action ended.
        case action(ActionRecord)
        /// The daemon has something to say: a task warning, a limit that fired, what was killed.
        case note(String)
        /// The check has spoken.
        case verdict(Verdict)
        /// Something went wrong, by Harbor's name.
        case exception(TrialException)
    }

    package init(sequence: Int, at: Timestamp, body: Body) {
        self.sequence = sequence
        self.at = at
        self.body = body
    }
}
