import Sandbox
import Wire

/// A program that a session runs, and the record that it will be.
struct RunningAction: Sendable {
    let number: Int
    let live: LiveAction
    /// Ends when the record is stored.
    let recorded: Task<ActionRecord, any Error>

    /// The record, once there is one; cancelling ends the wait and not the action.
    func record() async throws -> ActionRecord {
        let end = await live.wait().end
        guard end != .running else { throw CancellationError() }
        return try await recorded.value
    }
}
