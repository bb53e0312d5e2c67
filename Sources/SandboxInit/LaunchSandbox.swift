import CLinux
import Glibc
import Linux
import SandboxPlan

/// A sandbox's pid 1 as the launcher knows it.
struct LaunchedSandbox {
    let pid: pid_t
    let pidfd: CInt
}

extension Launcher {
    /// Starts one sandbox and returns when its pid 1 has what it needs; it builds the rest by itself, beside the next
    /// launch.
    ///
    /// `descriptors`: plan, the sandbox's control socket, then `joins` cgroup files.
    func launch(_ descriptors: [CInt], joins: Int) throws(SetupFailure) -> LaunchedSandbox {
        guard descriptors.count == 2 + joins, let bytes = readAll(descriptors[0]),
            let plan = try? Plan(decoding: bytes)
        else { throw SetupFailure(stage: .readPlan, call: "plan", errno: EPROTO) }
        var ends: [CInt] = [-1, -1]
        _ = try attempt(.fork, "socketpair") {
            socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends)
        }
        defer { _ = close(ends[0]) }
        var pidfd: CInt = -1
        // The other namespaces are its own business: it makes them while this process writes its maps.
        let pid = clinux_fork_into(CLINUX_CLONE_NEWUSER | CLINUX_CLONE_NEWPID, &pidfd)
        if pid == 0 {
            _ = close(ends[0])
            let process = SandboxProcess(
                control: descriptors[1],
                launcher: ends[1],
                joins: Array(descriptors[2...])
            )
            process.run(plan)
        }
        let forkError = errno
        _ = close(ends[1])
        guard pid > 0 else { throw SetupFailure(stage: .fork, call: "clone", errno: forkError) }
        do throws(SetupFailure) {
            try handOver(plan, to: pid, over: ends[0])
        } catch {
            // It ends by itself when it sees that nothing comes.
            _ = close(pidfd)
            throw error
        }
        return LaunchedSandbox(pid: pid, pidfd: pidfd)
    }

    /// Gives a new pid 1 its ids and its mounts, and with them the word to go on.
    private func handOver(_ plan: Plan, to process: pid_t, over socket: CInt) throws(SetupFailure) {
        try writeMaps(of: process, plan.identities)
        var mounts: [CInt] = []
        defer { for mount in mounts { _ = close(mount) } }
        try cloneSources(plan, for: process, into: &mounts)
        guard sendMessage(socket, [1], mounts) else {
            throw SetupFailure(stage: .fork, call: "sendmsg", errno: errno)
        }
    }

    private func writeMaps(of process: pid_t, _ ranges: [IdentityRange]) throws(SetupFailure) {
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
