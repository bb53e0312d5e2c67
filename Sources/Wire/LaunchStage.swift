/// A part of a sandbox's life, and how long it took.
package struct LaunchStage: Codable, Sendable, Hashable {
    /// In the order in which they follow each other.
    package enum Name: String, Codable, Sendable, CaseIterable {
        /// One that stood prepared is taken, instead of all that comes before the command.
        case prepared
        /// The writable layer is made.
        case layer
        /// The launcher is asked and answers, and forks unless it has forked ahead; what is left of the wait until the sandbox stands.
        case launcher
        /// Pid 1 makes the namespaces that were not made ahead.
        case namespaces
        /// It waits for the launcher to give it ids and mounts.
        case identity
        /// It puts its file system together and moves into it.
        case root
        /// It joins its cgroups, which were made and limited meanwhile: what is left of the wait for them.
        case cgroups
        /// The program starts, runs and ends.
        case command
        /// Every process is killed and gone.
        case end
        /// Layer and cgroups are removed.
        case removal
    }
    package var name: Name
    package var milliseconds: Double

    package init(_ name: Name, milliseconds: Double) {
        self.name = name
        self.milliseconds = milliseconds
    }
}
