/// Who chooses the actions of a trial.
package struct AgentSpec: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case oracle, nop, replay
        /// Does what the skills say that it was given, without a model.
        case follower
        /// A scripted expert: follows the solution's steps with seeded mistakes.
        case teacher
        /// A program outside acts through the protocol.
        case session

        /// Whether trials of this kind run without anybody outside.
        package var isRunByDaemon: Bool { self != .session }

        /// Whether the task's solution is there for it, and so has to exist.
        package var usesSolution: Bool { self == .oracle || self == .teacher }
    }
    package var kind: Kind
    /// oracle only: every top-level command of solve.sh is an action of its own, in one shell.
    package var steps: Bool
    /// What is issued, in order: all of a replay, and by the oracle after the solution.
    package var actions: [ActionRequest]
    /// The name shown in tables, when it is not the kind's (for example `cheat`, from the replay file's name).
    package var label: String?
    /// teacher only: which mistakes it makes; nil is 0.
    ///
    /// Of a job's attempts each has the next one.
    package var seed: UInt64?

    package init(
        kind: Kind,
        steps: Bool = false,
        actions: [ActionRequest] = [],
        label: String? = nil,
        seed: UInt64? = nil
    ) {
        self.kind = kind
        self.steps = steps
        self.actions = actions
        self.label = label
        self.seed = seed
    }

    package var displayName: String { label ?? kind.rawValue }

    /// The agent of one of a job's attempts, which are counted from 1: they differ, and are the same whenever it is run.
    package func attempt(_ number: Int) -> AgentSpec {
        guard kind == .teacher else { return self }
        var own = self
        own.seed = (seed ?? 0) &+ UInt64(max(0, number - 1))
        return own
    }
}
