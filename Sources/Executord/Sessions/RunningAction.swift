import Sandbox
import Wire

/// A program that a session runs, and the record that it will be.
struct RunningAction: Sendable {
    let number: Int
    let live: LiveAction
    /// Ends when the record is stored.
    let recorded: Task<ActionRecord, any Error>
}
