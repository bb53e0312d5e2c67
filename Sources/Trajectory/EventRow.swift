import Wire

/// An event as its row: everything but the sequence number, encoded before the store's queue is entered.
struct EventRow: Sendable {
    let at = Timestamp.now()
    /// Without environment values: names are recorded, values may be secrets.
    let body: TrialEvent.Body
    let text: String
    let kind: String
    private(set) var action: Int?
    private(set) var phase: TrialPhase?
    /// The trial's exception as JSON, if the event is one.
    private(set) var exception: String?

    init(_ body: TrialEvent.Body) throws(StoreError) {
        var stored = body
        switch body {
        case .phase: kind = "phase"
        case .actionStarted: kind = "actionStarted"
        case .message: kind = "message"
        case .stepStarted: kind = "stepStarted"
        case .stepEnded: kind = "stepEnded"
        case .note: kind = "note"
        case .verdict: kind = "verdict"
        case .network: kind = "network"
        case .exception(let exception):
            kind = "exception"
            self.exception = try storedJSON(exception)
        case .action(var record):
            record.request = record.request.withoutEnvironmentValues
            stored = .action(record)
            kind = "action"
            action = record.number
            phase = record.phase
        }
        self.body = stored
        text = try storedJSON(stored)
    }
}

/// Events of one caller that wait to be committed.
struct WaitingEvents {
    let trial: String
    let rows: [EventRow]
    let done: CheckedContinuation<Result<[TrialEvent], StoreError>, Never>
}
