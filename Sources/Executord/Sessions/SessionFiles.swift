import Sandbox
import SandboxPlan
import Trajectory
import Wire

/// File actions of a session: done by a process of the sandbox's, recorded like programs.
extension LiveSession {
    /// What a file action gives its caller, and what of it the trajectory keeps as output.
    struct FileResult<R: Sendable>: Sendable {
        let result: R
        var output: [UInt8] = []
    }

    /// Records one file action around `body`, which gets its absolute path and whom it acts as.
    func file<R: Sendable>(
        _ request: FileAction,
        user name: String?,
        turn: StartOrder.Turn,
        _ body:
            @escaping @Sendable (RunningSandbox, SandboxPath, ActingUser) async throws(SandboxError) -> FileResult<R>
    ) async throws -> R {
        await turn.wait()
        try enter()
        defer { leave() }
        var recorded = request
        recorded.path = absolute(request.path)
        if let bytes = request.content?.bytes, bytes.count > FileAction.maximumContent { recorded.content = nil }
        let begun = session.draft(ActionRequest(argv: [], user: name, file: recorded), phase: .agent)
        try await session.begin(begun)
        turn.end()
        let user = session.user(name)
        let acting = ActingUser(user, profile: session.profiles.forTask(user: user))
        let (sandbox, path) = (session.sandbox, SandboxPath(recorded.path))
        let work = Task { () -> Result<FileResult<R>, SandboxError> in
            do throws(SandboxError) {
                return .success(try await body(sandbox, path, acting))
            } catch {
                return .failure(error)
            }
        }
        let number = remember { work.cancel() }
        defer { forget(number) }
        do throws(SandboxError) {
            let outcome = await withTaskCancellationHandler {
                await work.value
            } onCancel: {
                work.cancel()
            }
            let done = try outcome.get()
            try await end(begun, code: 0, output: done.output)
            return done.result
        } catch {
            try await end(begun, code: 1, errors: Array("\(error)\n".utf8))
            throw error
        }
    }

    private func end(
        _ begun: ActionRecord,
        code: Int,
        output: [UInt8] = [],
        errors: [UInt8] = []
    ) async throws(SandboxError) {
        var record = begun
        record.exit = .exited(code: code)
        record.cost.wallMilliseconds = Double(Timestamp.now().milliseconds - begun.startedAt.milliseconds)
        do {
            record.stdout = try await session.store.storeOutput(head: output, total: output.count)
            record.stderr = try await session.store.storeOutput(head: errors, total: errors.count)
            try await session.recorder.action(record)
        } catch {
            throw .system(call: "record the action: \(error)", errno: 5)
        }
        ended(record)
    }
}
