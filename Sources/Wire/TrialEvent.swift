/// One entry of a trial's record: numbered, stored before anybody hears of it.
package struct TrialEvent: Codable, Sendable, Hashable {
    /// From 1, without gaps, per trial.
    package var sequence: Int
    package var at: Timestamp
    package var body: Body

    package enum Body: Sendable, Hashable {
        /// The trial entered a phase.
        case phase(TrialPhase)
        /// An action began (its end is `action` with the same number).
        case actionStarted(number: Int, phase: TrialPhase, command: String)
        /// An action ended.
        case action(ActionRecord)
        /// The agent, or whoever talks to it, said something.
        case message(AgentMessage)
        /// The agent gets the next of the task's steps.
        case stepStarted(StepPlace)
        /// A step was verified; the trial goes on, or ends.
        case stepEnded(StepResult)
        /// The daemon has something to say: a task warning, a limit that fired, what was killed.
        case note(String)
        /// The check has spoken.
        case verdict(Verdict)
        /// Something went wrong, by Harbor's name.
        case exception(TrialException)
        /// A program asked the proxy for a host; written at the end of the request.
        case network(NetworkRequest)
    }

    package init(sequence: Int, at: Timestamp, body: Body) {
        self.sequence = sequence
        self.at = at
        self.body = body
    }
}

/// On the wire a body says its kind, and holds its value under the same name: `{"kind":"phase","phase":"queued"}`.
extension TrialEvent.Body: Codable {
    private enum Kind: String, Codable {
        case phase, actionStarted, action, message, stepStarted, stepEnded, note, verdict, exception, network
    }

    private enum Key: String, CodingKey {
        case kind, phase, number, command, action, message, stepStarted, stepEnded, note, verdict, exception, network
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        switch try values.decode(Kind.self, forKey: .kind) {
        case .phase: self = .phase(try values.decode(TrialPhase.self, forKey: .phase))
        case .actionStarted:
            self = .actionStarted(
                number: try values.decode(Int.self, forKey: .number),
                phase: try values.decode(TrialPhase.self, forKey: .phase),
                command: try values.decode(String.self, forKey: .command)
            )
        case .action: self = .action(try values.decode(ActionRecord.self, forKey: .action))
        case .message: self = .message(try values.decode(AgentMessage.self, forKey: .message))
        case .stepStarted: self = .stepStarted(try values.decode(StepPlace.self, forKey: .stepStarted))
        case .stepEnded: self = .stepEnded(try values.decode(StepResult.self, forKey: .stepEnded))
        case .note: self = .note(try values.decode(String.self, forKey: .note))
        case .verdict: self = .verdict(try values.decode(Verdict.self, forKey: .verdict))
        case .exception: self = .exception(try values.decode(TrialException.self, forKey: .exception))
        case .network: self = .network(try values.decode(NetworkRequest.self, forKey: .network))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        switch self {
        case .phase(let phase):
            try values.encode(Kind.phase, forKey: .kind)
            try values.encode(phase, forKey: .phase)
        case .actionStarted(let number, let phase, let command):
            try values.encode(Kind.actionStarted, forKey: .kind)
            try values.encode(number, forKey: .number)
            try values.encode(phase, forKey: .phase)
            try values.encode(command, forKey: .command)
        case .action(let record):
            try values.encode(Kind.action, forKey: .kind)
            try values.encode(record, forKey: .action)
        case .message(let message):
            try values.encode(Kind.message, forKey: .kind)
            try values.encode(message, forKey: .message)
        case .stepStarted(let place):
            try values.encode(Kind.stepStarted, forKey: .kind)
            try values.encode(place, forKey: .stepStarted)
        case .stepEnded(let result):
            try values.encode(Kind.stepEnded, forKey: .kind)
            try values.encode(result, forKey: .stepEnded)
        case .note(let text):
            try values.encode(Kind.note, forKey: .kind)
            try values.encode(text, forKey: .note)
        case .verdict(let verdict):
            try values.encode(Kind.verdict, forKey: .kind)
            try values.encode(verdict, forKey: .verdict)
        case .exception(let exception):
            try values.encode(Kind.exception, forKey: .kind)
            try values.encode(exception, forKey: .exception)
        case .network(let request):
            try values.encode(Kind.network, forKey: .kind)
            try values.encode(request, forKey: .network)
        }
    }
}
