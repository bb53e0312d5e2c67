/// Something about a task that a person should know and that does not stop it.
package struct TaskWarning: Sendable, Hashable, CustomStringConvertible {
    /// What it is about, for programs.
    package enum Kind: String, Sendable {
        /// A key that no schema has; usually a slip of the pen.
        case unknownKey
        /// A key with a newer spelling.
        case deprecatedKey
        /// The task does not say what network it needs, and gets none.
        case networkDefaulted
        /// The task names MCP servers, which this version gives to no agent.
        case mcpServersIgnored
        /// The name in `[task]` is none that Harbor takes; the directory's stands in.
        case unusableName
        /// Without `solution/solve.sh` there is no oracle, and no admission.
        case noSolution
    }

    package let kind: Kind
    package let message: String

    package var description: String { message }
}
