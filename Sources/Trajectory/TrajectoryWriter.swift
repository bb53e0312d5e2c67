import Wire

/// Turns a trial's agent phase into ATIF: the instruction as step 1, then one agent step for each action.
struct TrajectoryWriter {
    /// Text of one stream beyond this is cut in the middle; the whole lies in `agent/outputs/`.
    static let streamBytes = 64 << 10

    var trial: ExportedTrial
    var instruction: String
    var version: String

    /// `text` gives the words of an output.
    func trajectory(
        actions: [ActionRecord],
        text: (OutputRecord) async throws(StoreError) -> String
    ) async throws(StoreError) -> ATIFTrajectory {
        let detail = trial.detail
        var steps = [
            ATIFTrajectory.Step(
                stepID: 1,
                timestamp: detail.summary.submittedAt,
                source: .user,
                message: instruction
            )
        ]
        for action in actions {
            let (stdout, stderr) = (try await text(action.stdout), try await text(action.stderr))
            steps.append(step(action, id: steps.count + 1, stdout: stdout, stderr: stderr))
        }
        return ATIFTrajectory(
            sessionID: detail.summary.trial,
            trajectoryID: trial.id,
            agent: .init(name: detail.configuration.agent.displayName, version: version),
            steps: steps,
            finalMetrics: .init(totalSteps: steps.count),
            extra: .init(
                trial: detail.summary.trial,
                taskDigest: detail.configuration.taskDigest,
                phase: detail.summary.phase,
                verdict: detail.verdict,
                exception: detail.exception
            )
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
                    functionName: action.request.shell == nil ? ATIF.program : ATIF.shell,
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
                        stderr: Self.stream(action.stderr)
                    )
                )
            ]),
            llmCallCount: 0
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

extension ActionExit {
    /// How it ended, for people.
    var words: String {
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
