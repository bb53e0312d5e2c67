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

    /// What an export says of a job that was made as a whole; nil for trials that were submitted one by one.
    func exportedPlan(_ uuid: String) throws(StoreError) -> ExportedPlan? {
        try database.first(
            """
            SELECT plan, (SELECT count(*) FROM trials WHERE job = jobs.id AND is_last = 0)
            FROM jobs WHERE uuid = ? AND plan IS NOT NULL
            """,
            .text(uuid)
        ) { row throws(StoreError) in
            let plan = try row.json(0, as: JobPlan.self)
            return ExportedPlan(
                attempts: plan.attempts,
                concurrency: plan.concurrency,
                retry: plan.retry,
                retries: row.int(1)
            )
        }
    }
}

/// How a job was run, for Harbor's files.
struct ExportedPlan: Sendable {
    var attempts: Int
    var concurrency: Int
    var retry: RetryPolicy
    /// Tries that were replaced by a later one.
    var retries: Int
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
            case .network(let request):
                "\(request.phase.rawValue) network: \(request.method) \(request.host):\(request.port) "
                    + "\(request.decision.rawValue)\(request.reason.map { " (\($0))" } ?? ""), "
                    + "\(request.sentBytes) bytes sent, \(request.receivedBytes) received"
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
