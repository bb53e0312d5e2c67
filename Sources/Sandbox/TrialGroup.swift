/// The cgroup of one sandbox: its limits, and a group per action that runs at the same time.
package protocol TrialGroup: AnyObject, Sendable {
    /// Open `tasks`/`cgroup.procs` files: writing "0" to each joins; see cgroups(7).
    var joinDescriptors: [Int32] { get }
    /// Makes the first action's group before it is needed.
    func prepareSlot()
    /// A group for one action, empty and with its counters at zero.
    func takeSlot() throws(SandboxError) -> any ActionSlot
    /// Kills what is left and says how many processes that was.
    func killRemaining() -> Int
    /// Removes the group; everything in it must have ended.
    func remove()
}

/// The cgroup of one action while it runs.
package protocol ActionSlot: AnyObject, Sendable {
    var joinDescriptors: [Int32] { get }
    /// Since the slot was taken.
    func usage() -> ActionUsage
    /// Whether none of its processes is left.
    var isEmpty: Bool { get }
    /// Kills the whole tree, however it forks, and waits until it is gone.
    func killAll()
    /// For the next action; a slot in which a background process lives on is not handed out again.
    func giveBack()
}

/// What an action's tree has used.
package struct ActionUsage: Sendable, Hashable {
    package var cpu: Duration
    package var peakMemoryBytes: Int?
    package var oomKills: Int
    /// Of the whole sandbox meanwhile, whichever action it was: how often a process was refused.
    package var refusedProcesses: Int
    /// Of the whole sandbox meanwhile: how long it waited for its processor quota.
    package var throttled: Duration

    package init(
        cpu: Duration,
        peakMemoryBytes: Int?,
        oomKills: Int,
        refusedProcesses: Int = 0,
        throttled: Duration = .zero
    ) {
        self.cpu = cpu
        self.peakMemoryBytes = peakMemoryBytes
        self.oomKills = oomKills
        self.refusedProcesses = refusedProcesses
        self.throttled = throttled
    }
}
