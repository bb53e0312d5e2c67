import Glibc

/// Ends every process of a group and of those below it, however they fork, and waits until they are gone.
struct CgroupKill {
    private let directory: CgroupDirectory
    private var pause: CgroupPause
    private var killed: Set<pid_t> = []

    /// The bound is for processes that the kernel cannot end, in uninterruptible sleep for example.
    ///
    /// - Returns: the processes that were there.
    @discardableResult
    static func all(in directory: CgroupDirectory, patience: Duration = .seconds(2)) -> Set<pid_t> {
        var kill = CgroupKill(directory: directory, pause: CgroupPause(limit: patience))
        return kill.run()
    }

    private init(directory: CgroupDirectory, pause: CgroupPause) {
        self.directory = directory
        self.pause = pause
    }

    private mutating func run() -> Set<pid_t> {
        while true {
            let found = directory.processes()
            if found.isEmpty { return killed }
            killed.formUnion(found)
            if directory.has("freezer") {
                killFrozen()
            } else if !killByKernel() {
                signal(found)
            }
            guard waitUntilEmpty() else { return killed }
        }
    }

    /// `cgroup.kill` (5.14) reaches what is being forked too; see cgroups(7).
    private func killByKernel() -> Bool {
        guard directory.isUnified else { return false }
        return (try? directory.write("1", to: "cgroup.kill")) != nil
    }

    /// Frozen processes cannot fork away from the list; SIGKILL takes them when they thaw.
    private mutating func killFrozen() {
        try? directory.write("FROZEN", to: "freezer.state")
        var settle = CgroupPause(limit: .milliseconds(2))
        while (try? directory.text(of: "freezer.state")) != "FROZEN\n", settle.wait() {}
        let found = directory.processes()
        killed.formUnion(found)
        signal(found)
        thaw(directory)
    }

    private func signal(_ processes: Set<pid_t>) {
        for process in processes { _ = kill(process, SIGKILL) }
    }

    /// Groups below too: a daemon that died in the middle of this may have left one frozen.
    private func thaw(_ directory: CgroupDirectory) {
        try? directory.write("THAWED", to: "freezer.state")
        for name in directory.childNames() {
            if let below = try? directory.child(name) { thaw(below) }
        }
    }

    /// Gives the killed a few milliseconds to die before the next round, which would freeze them again.
    ///
    /// - Returns: false when the bound of the whole is reached.
    private mutating func waitUntilEmpty() -> Bool {
        var round = CgroupPause(limit: .milliseconds(5))
        while !directory.processes().isEmpty {
            guard round.wait() else { return pause.wait() }
        }
        return true
    }
}
