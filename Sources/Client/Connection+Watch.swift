package import Wire

extension Connection {
    /// Shows every event from sequence number `from` on, then the live ones, until the trial has ended.
    ///
    /// Returns the trial's last state.
    package func watch(
        _ trial: String,
        from: Int = 1,
        each: (TrialEvent) throws -> Void
    ) throws -> TrialSummary {
        let started = try call(TrialWatch.self, .init(trial: trial, from: from)).summary
        while true {
            let news = try next(TrialEventNotification.self)
            guard news.trial == started.trial else { continue }
            if let event = news.event { try each(event) }
            if let summary = news.summary { return summary }
            guard news.event != nil else {
                throw ClientError.protocolBroken("the watch of \(trial) ended without the trial's last state")
            }
        }
    }

    /// The whole kept output of one action's stream.
    package func output(_ trial: String, action: Int, stream: String) throws(ClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        var offset: Int? = 0
        while let start = offset {
            let piece = try call(
                TrialOutput.self,
                .init(trial: trial, action: action, stream: stream, offset: start)
            )
            if let text = piece.text {
                bytes += text.utf8
            } else if let base64 = piece.base64 {
                bytes += try Self.decodeBase64(base64)
            }
            if let next = piece.nextOffset, next <= start {
                throw .protocolBroken("\(TrialOutput.name) does not advance beyond byte \(start)")
            }
            offset = piece.nextOffset
        }
        return bytes
    }
}
