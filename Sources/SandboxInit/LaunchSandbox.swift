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
    /// Starts one sandbox and returns when its pid 1 exists; pid 1 builds the rest by itself, beside the next launch.
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
        let intermediate = fork()
        if intermediate == 0 {
            _ = close(ends[0])
            let midwife = Midwife(
                launcher: ends[1],
                control: descriptors[1],
                joins: Array(descriptors[2...]),
                mounts: configuration.mounts
            )
            midwife.deliver(plan)
        }
        let forkError = errno
        _ = close(ends[1])
        defer { _ = close(ends[0]) }
        guard intermediate > 0 else { throw SetupFailure(stage: .fork, call: "fork", errno: forkError) }
        defer { _ = waitpid(intermediate, nil, 0) }

        try awaitMidwife(ends[0])  // the user namespace exists
        try writeMaps(of: intermediate, plan.identities)
        var mounts: [CInt] = []
        defer { for mount in mounts { _ = close(mount) } }
        try cloneSources(plan, for: intermediate, into: &mounts)
        guard sendMessage(ends[0], [1], mounts) else {
            throw SetupFailure(stage: .fork, call: "sendmsg", errno: errno)
        }
        let pid = try awaitMidwife(ends[0])
        let pidfd = try attempt(.fork, "pidfd_open") { clinux_pidfd_open(pid) }
        return LaunchedSandbox(pid: pid, pidfd: pidfd)
    }

    /// The midwife's next word: a pid (0 for "go on"), or its failure.
    @discardableResult
    private func awaitMidwife(_ socket: CInt) throws(SetupFailure) -> pid_t {
        guard let message = receiveMessage(socket), let reply = try? LauncherReply(decoding: message.bytes) else {
            throw SetupFailure(stage: .fork, call: "recvmsg", errno: EPIPE)
        }
        switch reply {
        case .launched(let pid): return pid
        case .done: return 0
        case .failed(let failure): throw failure
        }
    }

    private func writeMaps(of process: pid_t, _ ranges: [IdentityRange]) throws(SetupFailure) {
        let lines = ranges.map { "\($0.inside) \($0.outside) \($0.count)\n" }.joined()
        try writeFile("/proc/\(process)/uid_map", lines, stage: .identityMap)
        try writeFile("/proc/\(process)/gid_map", lines, stage: .identityMap)
    }

    /// Read-only clones of host paths, whose owners are shifted into the sandbox's ids where the plan says so.
    private func cloneSources(
        _ plan: Plan,
        for process: pid_t,
        into mounts: inout [CInt]
    ) throws(SetupFailure) {
        let namespace = try attempt(.mapSource, "open user namespace") {
            open("/proc/\(process)/ns/user", O_RDONLY | O_CLOEXEC)
        }
        defer { _ = close(namespace) }
        let attributes = CLINUX_ATTR_RDONLY | CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV
        for (index, source) in plan.sources.enumerated() {
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

/// The short-lived process between launcher and pid 1: joins the cgroups, makes the user and pid namespaces, and
/// gives birth to pid 1 as the launcher's own child.
private struct Midwife {
    let launcher: CInt
    let control: CInt
    let joins: [CInt]
    /// The launcher's directory of layers.
    let mounts: String

    func deliver(_ plan: Plan) -> Never {
        do throws(SetupFailure) {
            // The working directory stays reachable when what lies above it is not.
            _ = try attempt(.scratch, "chdir \(mounts)") { chdir(mounts) }
            for join in joins {
                // "0" is the writer itself; before the cgroup namespace, so that the group is its root.
                _ = try attempt(.joinCgroup, "write cgroup") { write(join, "0", 1) }
            }
            _ = try attempt(.unshare, "unshare user, pid") {
                clinux_unshare(CLINUX_CLONE_NEWUSER | CLINUX_CLONE_NEWPID)
            }
            tell(.done)
            guard let message = receiveMessage(launcher) else { _exit(1) }
            let child = try attempt(.fork, "clone CLONE_PARENT") { clinux_fork_sibling() }
            if child == 0 {
                _ = close(launcher)
                SandboxProcess(control: control, mounts: message.descriptors).run(plan)
            }
            tell(.launched(pid: child))
        } catch {
            tell(.failed(error))
        }
        _exit(0)
    }

    private func tell(_ reply: LauncherReply) {
        _ = sendMessage(launcher, reply.encoded(), [])
    }
}
