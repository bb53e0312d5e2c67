import Wire

/// A trial as the export sees it, and its files in Harbor's shapes.
struct ExportedTrial: Sendable {
    /// The trial's UUID.
    var id: String
    var job: ExportedJob
    var detail: TrialDetail

    var name: String { detail.summary.trial }
    var agentName: String { detail.configuration.agent.displayName }
    /// Rewards as the verifier gave them; nil when there was no verdict or it was unverifiable.
    var rewards: [String: Double]? {
        detail.verdict.flatMap(Self.rewards)
    }

    private static func rewards(_ verdict: Verdict) -> [String: Double]? {
        verdict.outcome == .unverifiable || verdict.rewards.isEmpty ? nil : verdict.rewards
    }

    /// What Harbor decides retry and grading by; nil for a trial that simply got its verdict.
    var exception: TrialException? {
        if let exception = detail.exception { return exception }
        let time = detail.summary.finishedAt ?? detail.summary.submittedAt
        if let verdict = detail.verdict, verdict.outcome == .unverifiable {
            return Self.exception(verdict, at: time)
        }
        switch detail.summary.phase {
        case .cancelled: return TrialException(type: "CancelledError", message: "cancelled", occurredAt: time)
        case .interrupted:
            return TrialException(type: "CancelledError", message: "the daemon ended", occurredAt: time)
        case .errored:
            return TrialException(type: "TrialError", message: "ended without a verdict", occurredAt: time)
        case .queued, .starting, .agent, .freezing, .verifying, .finished: return nil
        }
    }

    private static func exception(_ verdict: Verdict, at time: Timestamp) -> TrialException {
        TrialException(
            type: verdict.exception ?? "VerifierOutputParseError",
            message: verdict.message,
            occurredAt: time
        )
    }

    var config: HarborTrial.Config {
        HarborTrial.Config(
            task: HarborTrial.Task(path: detail.configuration.taskPath),
            trialName: name,
            trialsDirectory: job.directory,
            timeoutMultiplier: detail.configuration.timeoutMultiplier,
            agent: HarborTrial.Agent(name: agentName),
            environment: environment,
            jobID: job.id
        )
    }

    var lock: HarborTrial.Lock {
        HarborTrial.Lock(
            task: .init(
                name: detail.configuration.taskName,
                digest: detail.configuration.taskDigest,
                path: detail.configuration.taskPath
            ),
            timeoutMultiplier: detail.configuration.timeoutMultiplier,
            agent: .init(name: agentName),
            environment: environment,
            verifier: .init(environmentMode: environmentMode)
        )
    }

    private var environmentMode: String { detail.verdict?.mode == .separate ? "separate" : "shared" }

    private var environment: HarborTrial.Environment {
        HarborTrial.Environment(
            options: .init(
                image: detail.configuration.image,
                verifierMode: detail.configuration.verifierMode,
                allowUnenforced: detail.configuration.allowUnenforced,
                network: detail.configuration.network
            )
        )
    }

    /// `destination` is where the job directory will lie, for the URI; `version` is the daemon's.
    func result(destination: String, version: String) -> HarborTrial.Result {
        HarborTrial.Result(
            id: id,
            taskName: detail.configuration.taskName,
            trialName: name,
            trialURI: "file://" + FileURI.path("\(destination)/\(job.directory)/\(name)"),
            taskID: .init(path: detail.configuration.taskPath),
            taskChecksum: String(detail.configuration.taskDigest.drop { $0 != ":" }.dropFirst()),
            config: config,
            agentInfo: .init(name: agentName, version: version),
            agentResult: .init(
                metadata: .init(
                    phase: detail.summary.phase,
                    actions: detail.summary.actions,
                    verdict: detail.verdict
                )
            ),
            verifierResult: rewards.map { HarborTrial.VerifierResult(rewards: $0) },
            // Of a trial with steps each step may have its own.
            verifierEnvironmentMode: detail.steps == nil ? detail.verdict.map { _ in environmentMode } : nil,
            exceptionInfo: exception.map(HarborTrial.ExceptionInfo.init),
            startedAt: detail.summary.startedAt,
            finishedAt: detail.summary.finishedAt,
            environmentSetup: timing(.starting),
            agentExecution: detail.steps == nil ? timing(.agent) : nil,
            verifier: detail.steps == nil ? timing(.verifying) : nil,
            stepResults: detail.steps?.map(Self.result)
        )
    }

    private static func result(_ step: StepResult) -> HarborTrial.StepResult {
        let isBroken = step.verdict.outcome == .unverifiable
        let end = step.verifier.map { $0.finishedAt ?? $0.startedAt } ?? .now()
        let broken = isBroken ? exception(step.verdict, at: end) : nil
        return HarborTrial.StepResult(
            stepName: step.step.name,
            agentResult: .init(metadata: .init(phase: nil, actions: step.actions, verdict: step.verdict)),
            verifierResult: rewards(step.verdict).map { HarborTrial.VerifierResult(rewards: $0) },
            exceptionInfo: (step.exception ?? broken).map(HarborTrial.ExceptionInfo.init),
            agentExecution: step.agent.map { .init(startedAt: $0.startedAt, finishedAt: $0.finishedAt) },
            verifier: step.verifier.map { .init(startedAt: $0.startedAt, finishedAt: $0.finishedAt) }
        )
    }

    private func timing(_ phase: TrialPhase) -> HarborTrial.Timing? {
        detail.phases.first { $0.phase == phase }.map { .init(startedAt: $0.startedAt, finishedAt: $0.finishedAt) }
    }
}

extension HarborTrial.ExceptionInfo {
    init(_ exception: TrialException) {
        self.init(
            type: exception.type,
            message: exception.message,
            traceback: exception.remedy.map { "remedy: \($0)" } ?? "",
            occurredAt: exception.occurredAt
        )
    }
}

/// The job that exported trials belong to.
struct ExportedJob: Sendable, Hashable {
    /// The job's UUID.
    var id: String
    var name: String
    var createdAt: Timestamp

    /// Its name as that of a directory.
    var directory: String {
        let safe = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" }
        let visible = String(safe.drop { $0 == "." }.prefix(128))
        return visible.isEmpty ? "job" : visible
    }
}

/// Paths as they stand in a URI.
enum FileURI {
    /// Everything but unreserved characters and slashes percent-encoded, see RFC 3986 section 2.3.
    static func path(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = path.utf8.flatMap { byte -> [UInt8] in
            let isPlain =
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d...0x2f, 0x5f, 0x7e: true
                default: false
                }
            return isPlain ? [byte] : [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
