import Wire

extension Store {
    /// A trial with the identities that an export needs.
    func exported(_ trial: String) throws(StoreError) -> ExportedTrial {
        let detail = try detail(trial)
        let found = try database.first(
            "SELECT t.uuid, j.uuid, j.name, j.created_at FROM trials t JOIN jobs j ON j.id = t.job WHERE t.name = ?",
            .text(trial)
        ) { row in
            ExportedTrial(
                id: row.text(0),
                job: ExportedJob(id: row.text(1), name: row.text(2), createdAt: row.time(3)),
                detail: detail
            )
        }
        return try known(trial, found)
    }
}

extension TrialEvent {
    /// One line of `trial.log`; line breaks in it are written as `\n`.
    var logLine: String {
        let text: String =
            switch body {
            case .phase(let phase): "phase \(phase.rawValue)"
            case .actionStarted(let number, let phase, let command): "\(phase.rawValue) \(number) starts: \(command)"
            case .action(let record):
                "\(record.phase.rawValue) \(record.number) ends: \(record.exit.words), \(record.cost.wallMilliseconds) ms"
            case .message(let message): "\(message.source.rawValue) says: \(message.text)"
            case .stepStarted(let step): "step \(step.number) of \(step.count), \(step.name), starts"
            case .stepEnded(let result):
                "step \(result.step.number) of \(result.step.count), \(result.step.name), ends: "
                    + "\(result.verdict.outcome.rawValue), \(result.verdict.message)"
                    + (result.stopped.map { "; no further step: \($0)" } ?? "")
            case .note(let note): note
            case .verdict(let verdict): "verdict \(verdict.outcome.rawValue): \(verdict.message)"
            case .exception(let exception): "\(exception.type): \(exception.message)"
            }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\n": "\\n"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: scalar.escaped(asASCII: true)
            default: String(scalar)
            }
        }
        return "\(at) \(escaped.joined())\n"
    }
}
