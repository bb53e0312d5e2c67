import Follower
import Trajectory
import Wire

/// Lets the follower decide, and records what it does and why.
struct FollowerAgent: Agent {
    let instruction: String

    /// What it reads of an output; more than any skill has.
    private static let readBytes = 256 << 10
    /// A step that waits for something would take all of the time.
    private static let actionSeconds = 120.0

    func run(_ session: TrialSession) async throws {
        var follower = Follower(
            instruction: instruction,
            workingDirectory: session.settings.workingDirectory,
            skillsPath: session.skills?.path
        )
        var observation: Observation?
        while let move = follower.next(after: observation) {
            try Task.checkCancellation()
            try await session.recorder.message(AgentMessage(source: .agent, text: move.reason))
            let record = try await session.perform(
                ActionRequest(
                    argv: ["/bin/sh", "-e", "-c", move.command],
                    shell: move.command,
                    timeoutSeconds: Self.actionSeconds
                )
            )
            observation = Observation(
                status: record.exit.shellStatus ?? 0,
                stdout: try await text(record.stdout, session),
                stderr: try await text(record.stderr, session)
            )
        }
    }

    private func text(_ output: OutputRecord, _ session: TrialSession) async throws -> String {
        let bytes = try await session.store.bytes(of: output, limit: Self.readBytes).bytes
        return String(decoding: bytes, as: UTF8.self)
    }
}
