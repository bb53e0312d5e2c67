import Sandbox
import SandboxPlan
import Wire

/// File actions of a record, done again.
extension LiveSession {
    /// Does what was recorded; its errors are recorded like those of the first time.
    func replay(_ request: FileAction, user: String?) async throws {
        // Their contents are not in the record.
        guard request.tool != .upload, request.tool != .download else {
            return try await session.recorder.note(
                "not replayed, for its contents are not recorded: \(request.displayText)"
            )
        }
        if request.tool == .write && request.content == nil {
            return try await session.recorder.note(
                "not replayed, for it was too large to be recorded: \(request.displayText)"
            )
        }
        do {
            try await file(request, user: user, turn: StartOrder().next()) {
                sandbox,
                path,
                acting throws(SandboxError) in
                try await Self.perform(request, sandbox, path, acting)
            }
        } catch is SandboxError {
            try Task.checkCancellation()
        }
    }

    private static func perform(
        _ request: FileAction,
        _ sandbox: RunningSandbox,
        _ path: SandboxPath,
        _ user: ActingUser
    ) async throws(SandboxError) -> FileResult<Void> {
        switch request.tool {
        case .read:
            let read = try await sandbox.readFile(path, limit: 512 << 10, as: user)
            return FileResult(result: (), output: read.bytes)
        case .write:
            let mode = UInt32(request.mode ?? "644", radix: 8) ?? 0o644
            let how: WriteManner = request.append == true ? .append : .truncate
            let bytes = request.content?.bytes ?? []
            try await sandbox.writeFile(path, bytes, mode: mode & 0o777, how: how, makesParents: true, as: user)
        case .list:
            let names = try await sandbox.list(path, as: user).entries.map { "\($0.name)\n" }
            return FileResult(result: (), output: Array(names.joined().utf8))
        case .stat: _ = try await sandbox.status(path, as: user)
        case .makeDirectory: try await sandbox.makeDirectory(path, makesParents: true, as: user)
        case .remove: try await sandbox.remove(path, isRecursive: request.recursive ?? false, as: user)
        case .upload, .download: break
        }
        return FileResult(result: ())
    }
}
