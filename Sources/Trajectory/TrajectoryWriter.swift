package import Wire

/// Turns a trial's agent phase into ATIF: the instruction as step 1, then what was said and done; of a task with steps,
/// that for each of them.
///
/// An action that follows words of the agent's stands in their step; every other one is a step of its own.
struct TrajectoryWriter {
    /// Text of one stream beyond this is cut in the middle; the whole lies in `agent/outputs/`.
    static let streamBytes = 64 << 10

    var trial: ExportedTrial
    var instructions: TaskInstructions
    var version: String
    /// The step that it is about; nil for the whole trial.
    var step: StepEvents?

    /// The same for one step of the task.
    func of(_ step: StepEvents) -> TrajectoryWriter {
        var writer = self
        writer.step = step
        return writer
    }

    /// `text` gives the words of an output.
    func trajectory(
        events: [TrialEvent],
        text: (OutputRecord) async throws(StoreError) -> String
    ) async throws(StoreError) -> ATIFTrajectory {
        let detail = trial.detail
        var steps: [ATIFTrajectory.Step] = []
        if detail.steps == nil {
            steps.append(instruction(instructions.whole, at: detail.summary.submittedAt, id: 1))
        }
        for event in events {
            switch event.body {
            case .stepStarted(let place):
                let text = instructions.steps[place.name] ?? ""
                steps.append(instruction(text, at: event.at, id: steps.count + 1, step: place.name))
            case .message(let message): steps.append(step(message, at: event.at, id: steps.count + 1))
            case .action(let action) where action.phase == .agent:
                let (stdout, stderr) = (try await text(action.stdout), try await text(action.stderr))
                let own = step(action, id: steps.count + 1, stdout: stdout, stderr: stderr)
                if let last = steps.last, last.source == .agent, last.toolCalls == nil {
                    steps[steps.count - 1].toolCalls = own.toolCalls
                    steps[steps.count - 1].observation = own.observation
                } else {
                    steps.append(own)
                }
            default: break
            }
        }
        return ATIFTrajectory(
            sessionID: detail.summary.trial,
            trajectoryID: trial.id + (step.map { "-\($0.place.number)" } ?? ""),
            agent: .init(name: detail.configuration.agent.displayName, version: version),
            steps: steps,
            finalMetrics: .init(steps),
            extra: .init(
                trial: detail.summary.trial,
                taskDigest: detail.configuration.taskDigest,
                phase: detail.summary.phase,
                verdict: step.map(\.result?.verdict) ?? detail.verdict,
                exception: step.map(\.result?.exception) ?? detail.exception,
                network: Self.network(events)
            )
        )
    }

    private static func network(_ events: [TrialEvent]) -> [NetworkRequest]? {
        let requests = events.compactMap { event in
            if case .network(let request) = event.body, request.phase == .agent { request } else { nil }
        }
        return requests.isEmpty ? nil : requests
    }

    private func instruction(
        _ text: String,
        at time: Timestamp,
        id: Int,
        step: String? = nil
    ) -> ATIFTrajectory.Step {
        ATIFTrajectory.Step(
            stepID: id,
            timestamp: time,
            source: .user,
            message: text,
            extra: step.map { ["step": $0] }
        )
    }

    private func step(_ action: ActionRecord, id: Int, stdout: String, stderr: String) -> ATIFTrajectory.Step {
        let call = "call_\(action.number)"
        return ATIFTrajectory.Step(
            stepID: id,
            timestamp: action.startedAt,
            source: .agent,
            message: "",
            toolCalls: [
                .init(
                    toolCallID: call,
                    functionName: ATIF.tool(of: action.request),
                    arguments: ATIFArguments(action.request)
                )
            ],
            observation: .init(results: [
                .init(
                    sourceCallID: call,
                    content: Self.content(stdout: stdout, stderr: stderr, exit: action.exit),
                    extra: .init(
                        exit: action.exit.words,
                        exitStatus: action.exit.shellStatus,
                        cost: action.cost,
                        stdout: Self.stream(action.stdout),
                        stderr: Self.stream(action.stderr),
                        evidence: action.evidence
                    )
                )
            ]),
            llmCallCount: 0
        )
    }

    private func step(_ message: AgentMessage, at time: Timestamp, id: Int) -> ATIFTrajectory.Step {
        let isAgent = message.source == .agent
        let source: ATIFTrajectory.Step.Source =
            switch message.source {
            case .agent: .agent
            case .user: .user
            case .system: .system
            }
        return ATIFTrajectory.Step(
            stepID: id,
            timestamp: time,
            source: source,
            message: message.text,
            modelName: isAgent ? message.model : nil,
            reasoning: isAgent ? message.reasoning : nil,
            metrics: isAgent ? message.metrics.map(ATIFTrajectory.Metrics.init) : nil,
            extra: message.extra
        )
    }

    /// What a reader of a terminal would see, with the ending last unless it was a plain success.
    private static func content(stdout: String, stderr: String, exit: ActionExit) -> String {
        var parts: [String] = []
        if !stdout.isEmpty { parts.append(stdout) }
        if !stderr.isEmpty { parts.append("[stderr]\n" + stderr) }
        if exit != .exited(code: 0) { parts.append("[\(exit.words)]") }
        return parts.reduce("") { $0 + ($0.isEmpty || $0.hasSuffix("\n") ? "" : "\n") + $1 }
    }

    private static func stream(_ output: OutputRecord) -> ATIFTrajectory.Stream {
        .init(totalBytes: output.totalBytes, omittedBytes: output.omittedBytes, sha256: output.blob)
    }
}

extension ATIFTrajectory.Metrics {
    init(_ metrics: AgentMessage.Metrics) {
        promptTokens = metrics.promptTokens
        completionTokens = metrics.completionTokens
        cachedTokens = metrics.cachedTokens
        costUSD = metrics.costUSD
    }
}

extension ATIFTrajectory.FinalMetrics {
    /// Sums over the steps that say what they cost; nil where none does.
    init(_ steps: [ATIFTrajectory.Step]) {
        let metrics = steps.compactMap(\.metrics)
        func sum<N: AdditiveArithmetic>(_ values: [N]) -> N? { values.isEmpty ? nil : values.reduce(.zero, +) }
        self.init(
            totalSteps: steps.count,
            promptTokens: sum(metrics.compactMap(\.promptTokens)),
            completionTokens: sum(metrics.compactMap(\.completionTokens)),
            cachedTokens: sum(metrics.compactMap(\.cachedTokens)),
            costUSD: sum(metrics.compactMap(\.costUSD))
        )
    }
}

extension ActionExit {
    /// How it ended, for people.
    package var words: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .signaled(let signal): "killed by signal \(signal)"
        case .limit(let kind): "killed: the \(kind.rawValue) limit fired"
        case .cancelled: "cancelled"
        case .notStarted(let reason, _): "not started: \(reason)"
        case .running: "running in the background"
        }
    }
}

extension Store {
    /// The words of an output for a trajectory: invalid UTF-8 replaced, a long middle left out and counted.
    nonisolated func text(of output: OutputRecord) async throws(StoreError) -> String {
        guard output.blob != nil else { return output.head }
        let kept = try await bytes(of: output, limit: .max).bytes
        let half = TrajectoryWriter.streamBytes / 2
        let isShort = kept.count <= 2 * half
        let head = isShort ? kept.prefix(output.headBytes) : kept.prefix(min(half, output.headBytes))
        let tail = isShort ? kept.dropFirst(output.headBytes) : kept.dropFirst(head.count).suffix(half)
        let missing = output.totalBytes - head.count - tail.count
        let gap = missing == 0 ? "" : "\n[\(missing) bytes omitted]\n"
        return String(decoding: head, as: UTF8.self) + gap + String(decoding: tail, as: UTF8.self)
    }
}
