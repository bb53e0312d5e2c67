import Glibc
import Reactor
import Sandbox
import Trajectory
import Wire

/// `action.*` for programs: runs, watches, feeds and ends them.
struct ActionRoutes: Sendable {
    let sessions: SessionRegistry
    let store: Store

    var routes: [Route] {
        [
            Route(ActionExec.self, descriptors: 0...1, isOrdered: true) { params, caller, passed in
                Answer(try await execute(params, caller, passed))
            },
            Route(ActionStart.self, descriptors: 0...1, isOrdered: true) { params, caller, passed in
                try await start(params, caller, passed)
            },
            Route(ActionOutput.self) { params, caller in try await output(params, caller) },
            Route(ActionWait.self) { params, caller in
                let live = try sessions.session(params.session, for: caller)
                switch try await live.action(params.action) {
                case .running(let running): return try await ActionOutcome(running.record(), in: store)
                case .ended(let record): return try await ActionOutcome(record, in: store)
                }
            },
            Route(ActionKill.self) { params, caller in
                let signal = try signal(params.signal)
                try await running(params.session, params.action, caller).kill(signal)
                return Empty()
            },
            Route(ActionInput.self, isOrdered: true) { params, caller in
                await caller.turn.wait()
                let live = try await running(params.session, params.action, caller)
                if let content = params.content { try await live.write(content.bytes) { caller.turn.end() } }
                if params.end == true { live.closeInput() }
                return Empty()
            },
            Route(ActionResize.self) { params, caller in
                guard (1...10_000).contains(params.rows), (1...10_000).contains(params.columns) else {
                    throw WireError(.invalidParams, "a terminal of \(params.rows) by \(params.columns)")
                }
                try await running(params.session, params.action, caller)
                    .resize(rows: params.rows, columns: params.columns)
                return Empty()
            },
        ]
    }

    // MARK: Running

    private func execute(
        _ params: ProgramRequest,
        _ caller: Caller,
        _ passed: [SharedDescriptor]
    ) async throws -> ActionOutcome {
        let live = try sessions.session(params.session, for: caller)
        let action = try await begin(params, live, caller, passed, keepsInput: false)
        let running: RunningAction
        switch action {
        case .running(let begun): running = begun
        case .ended(let record): return try await ActionOutcome(record, in: store)
        }
        // Who asked for it is gone: so is it.
        return try await withTaskCancellationHandler {
            if params.live == true { await follow(running, of: live.trial, caller.connection) }
            return try await ActionOutcome(running.recorded.value, in: store)
        } onCancel: {
            Task { await running.live.cancel() }
        }
    }

    private func start(
        _ params: ProgramRequest,
        _ caller: Caller,
        _ passed: [SharedDescriptor]
    ) async throws -> Answer<ActionStart.Result> {
        let live = try sessions.session(params.session, for: caller)
        switch try await begin(params, live, caller, passed, keepsInput: true) {
        case .running(let running):
            let connection = caller.connection
            return Answer(ActionStart.Result(action: running.number)) {
                if params.live == true { await follow(running, of: live.trial, connection) }
            }
        case .ended(let record):
            guard case .notStarted(let reason, let errno) = record.exit else {
                return Answer(ActionStart.Result(action: record.number))
            }
            throw WireError(
                .sandboxFailed,
                reason,
                reason: errorName(Int32(errno)),
                remedy: "name a program of the image"
            )
        }
    }

    private func begin(
        _ params: ProgramRequest,
        _ live: LiveSession,
        _ caller: Caller,
        _ passed: [SharedDescriptor],
        keepsInput: Bool
    ) async throws -> LiveSession.Action {
        guard passed.isEmpty || params.stdin == nil else {
            throw WireError(.invalidParams, "stdin is given twice: in the frame and as a descriptor")
        }
        let input = try passed.first?.pipe("stdin")
        await caller.turn.wait()
        defer { caller.turn.end() }
        return try await live.start(params, input: input, keepsInput: keepsInput)
    }

    // MARK: Output

    /// Tells output as it comes, until the program has ended; a slow reader holds up nobody but itself.
    private func follow(_ running: RunningAction, of trial: String, _ client: ClientConnection) async {
        guard await client.notify(ActionStarted.self, .init(trial: trial, action: running.number)) else { return }
        await withDiscardingTaskGroup { group in
            for (name, capture) in [("stdout", running.live.stdout), ("stderr", running.live.stderr)] {
                guard let capture else { continue }
                group.addTask {
                    var next = 0
                    for await _ in capture.changes() {
                        while true {
                            let piece = OutputPiece(capture, from: next)
                            guard !piece.content.bytes.isEmpty else { break }
                            let data = ActionData.Params(
                                trial: trial,
                                action: running.number,
                                stream: name,
                                piece: piece
                            )
                            guard await client.notify(ActionData.self, data) else { return }
                            next = piece.offset + piece.content.bytes.count
                        }
                    }
                }
            }
        }
    }

    private func output(_ params: ActionOutput.Params, _ caller: Caller) async throws -> OutputPiece {
        let live = try sessions.session(params.session, for: caller)
        let offset = params.offset ?? 0
        guard offset >= 0 else { throw WireError(.invalidParams, "offset is \(offset)") }
        let isError: Bool
        switch params.stream ?? "stdout" {
        case "stdout": isError = false
        case "stderr": isError = true
        default: throw WireError(.invalidParams, "stream is 'stdout' or 'stderr'")
        }
        switch try await live.action(params.action) {
        case .ended(let record): return try await output(of: record, isError, offset)
        case .running(let running):
            guard let capture = isError ? running.live.stderr : running.live.stdout else {
                return OutputPiece(content: ByteContent([]), offset: 0, totalBytes: 0, omittedBytes: 0, nextOffset: nil)
            }
            let hasMore = params.wait == true ? await capture.hasMore(than: offset) : true
            if hasMore, case .running = try await live.action(params.action) {
                return OutputPiece(capture, from: offset)
            }
            // Nothing follows any more but the end.
            return try await output(of: running.record(), isError, offset)
        }
    }

    private func output(of record: ActionRecord, _ isError: Bool, _ offset: Int) async throws -> OutputPiece {
        var piece = try await OutputPiece(isError ? record.stderr : record.stdout, from: offset, in: store)
        piece.exit = record.exit
        return piece
    }

    // MARK: Naming

    private func running(_ token: String?, _ number: Int, _ caller: Caller) async throws -> LiveAction {
        let live = try sessions.session(token, for: caller)
        guard case .running(let running) = try await live.action(number) else {
            throw WireError(.conflict, "action \(number) has ended", remedy: "action.wait tells how")
        }
        return running.live
    }

    private static let signals: [String: CInt] = [
        "KILL": SIGKILL, "TERM": SIGTERM, "INT": SIGINT, "HUP": SIGHUP, "QUIT": SIGQUIT, "USR1": SIGUSR1,
        "USR2": SIGUSR2, "STOP": SIGSTOP, "CONT": SIGCONT,
    ]

    private func signal(_ name: String?) throws(WireError) -> CInt {
        let name = name ?? "KILL"
        if let number = Self.signals[name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name] { return number }
        throw WireError(
            .invalidParams,
            "'\(name)' is no signal that can be sent",
            remedy: Self.signals.keys.sorted().joined(separator: ", ")
        )
    }
}
