import CLinux
import Glibc
import Linux
import SandboxPlan

/// A process with namespaces and nothing else yet, which becomes the pid 1 of the sandbox that it is given to.
///
/// Making namespaces, of networks above all, takes about 1 ms of a launch: most are made ahead.
struct Newborn {
    let pid: pid_t
    let pidfd: CInt
    /// Where it waits for its sandbox.
    let socket: CInt
}

/// What the launcher has started for the daemon.
struct LaunchedProcess {
    let pid: pid_t
    let pidfd: CInt
}

extension Launcher {
    /// Forks a process that makes its namespaces and then waits.
    func bear() throws(SetupFailure) -> Newborn {
        var ends: [CInt] = [-1, -1]
        _ = try attempt(.fork, "socketpair") {
            socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends)
        }
        var own = cpu_set_t()
        let processors = clinux_get_processors(&own) == 0 ? own : nil
        var pidfd: CInt = -1
        let pid = clinux_fork_into(CLINUX_CLONE_NEWUSER | CLINUX_CLONE_NEWPID, &pidfd)
        if pid == 0 { SandboxProcess.run(launcher: ends[1], processors: processors) }
        let forkError = errno
        _ = close(ends[1])
        guard pid > 0 else {
            _ = close(ends[0])
            throw SetupFailure(stage: .fork, call: "clone", errno: forkError)
        }
        return Newborn(pid: pid, pidfd: pidfd, socket: ends[0])
    }

    /// Starts one sandbox and returns when its pid 1 has what it needs; it builds the rest by itself, beside the next
    /// launch.
    ///
    /// `descriptors`: plan, the sandbox's control socket. It begins on another processor than `processor`.
    mutating func launch(_ descriptors: [CInt], beside processor: CInt) throws(SetupFailure) -> LaunchedProcess {
        guard descriptors.count == 2, let bytes = readAll(descriptors[0]),
            let plan = try? Plan(decoding: bytes)
        else { throw SetupFailure(stage: .readPlan, call: "plan", errno: EPROTO) }
        let process: Newborn
        if let ready = newborns.popLast() { process = ready } else { process = try bear() }
        defer { _ = close(process.socket) }
        do throws(SetupFailure) {
            // Woken by us it would run where we do, and where the daemon waits to go on: to the scheduler of a virtual machine a
            // halted processor is a preempted one (available_idle_cpu in the kernel), so that the others stay idle.
            clinux_keep_off(process.pid, processor)
            try handOver(plan, descriptors, to: process)
        } catch {
            // It ends by itself when it sees that nothing comes.
            _ = close(process.pidfd)
            throw error
        }
        return LaunchedProcess(pid: process.pid, pidfd: process.pidfd)
    }

    /// Gives a process its plan, on which it begins, then ids and mounts, and with them the word to go on.
    private func handOver(_ plan: Plan, _ descriptors: [CInt], to process: Newborn) throws(SetupFailure) {
        _ = try attempt(.fork, "sendmsg") { sendMessage(process.socket, [1], descriptors) ? 0 : -1 }
        try writeMaps(of: process.pid, plan.identities)
        var mounts: [CInt] = []
        defer { for mount in mounts { _ = close(mount) } }
        try cloneSources(plan, for: process.pid, into: &mounts)
        _ = try attempt(.fork, "sendmsg") { sendMessage(process.socket, [1], mounts) ? 0 : -1 }
    }

    func writeMaps(of process: pid_t, _ ranges: [IdentityRange]) throws(SetupFailure) {
        let lines = ranges.map { "\($0.inside) \($0.outside) \($0.count)\n" }.joined()
        try writeFile("/proc/\(process)/uid_map", lines, stage: .identityMap)
        try writeFile("/proc/\(process)/gid_map", lines, stage: .identityMap)
    }

    /// Clones of host paths, read-only but for those that the plan names, whose owners are shifted into the sandbox's ids where the plan says so.
    private func cloneSources(
        _ plan: Plan,
        for process: pid_t,
        into mounts: inout [CInt]
    ) throws(SetupFailure) {
        let namespace = try attempt(.mapSource, "open user namespace") {
            open("/proc/\(process)/ns/user", O_RDONLY | O_CLOEXEC)
        }
        defer { _ = close(namespace) }
        for (index, source) in plan.sources.enumerated() {
            var attributes = CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV
            if !plan.writableSources.contains(UInt32(index)) { attributes |= CLINUX_ATTR_RDONLY }
            // In a user namespace mounts below are locked to their parent: only the whole tree can be cloned.
            let isWhole: CInt = plan.mapsSources ? 0 : 1
            let mount = try attempt(.mapSource, "open_tree \(source)", index: index) {
                clinux_clone_mount(AT_FDCWD, source, isWhole)
            }
            mounts.append(mount)
            _ = try attempt(.mapSource, "mount_setattr \(source)", index: index) {
                plan.mapsSources
                    ? clinux_idmap_mount(mount, attributes, namespace)
                    : clinux_set_mount_attributes(mount, attributes, isWhole)
            }
        }
    }
}
