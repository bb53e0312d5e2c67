import CLinux
import Glibc
import Linux
import SandboxPlan

/// A sandbox's pid 1, from its birth in fresh user and pid namespaces to its loop.
struct SandboxProcess {
    let control: CInt
    /// Here the launcher says that the ids are mapped, and passes clones of the plan's sources.
    let launcher: CInt
    /// Cgroup files to write "0" to.
    let joins: [CInt]

    func run(_ plan: Plan) -> Never {
        do throws(SetupFailure) {
            try makeNamespaces(plan)
            let sockets = try NetworkSockets(plan.network)
            guard let message = receiveMessage(launcher) else { _exit(1) }
            try becomeRoot(plan)
            try buildRoot(plan, mounts: message.descriptors)
            let control = try keepOnlyControl(beside: sockets.handedOver)
            guard sendMessage(control, ControlEvent.ready.encoded(), sockets.places) else { _exit(1) }
            _ = clinux_close_from(control + 1)
            InitLoop(control: control).run()
        } catch {
            _ = sendMessage(control, ControlEvent.setupFailed(error).encoded(), [])
            // The launcher must find this process, or it would report its absence instead of this failure.
            _ = receiveMessage(launcher)
            _exit(1)
        }
    }

    /// What needs no ids: the launcher maps them meanwhile.
    private func makeNamespaces(_ plan: Plan) throws(SetupFailure) {
        for join in joins {
            // "0" is the writer itself; before the cgroup namespace, so that the group is its root.
            _ = try attempt(.joinCgroup, "write cgroup") { write(join, "0", 1) }
        }
        _ = try attempt(.unshare, "unshare mount, net, ipc, uts, cgroup") {
            clinux_unshare(
                CLINUX_CLONE_NEWNS | CLINUX_CLONE_NEWNET | CLINUX_CLONE_NEWIPC | CLINUX_CLONE_NEWUTS
                    | CLINUX_CLONE_NEWCGROUP
            )
        }
        _ = try attempt(.mountPropagation, "mount MS_PRIVATE") { clinux_mount_private() }
        _ = try attempt(.loopback, "ioctl SIOCSIFFLAGS") { clinux_loopback_up() }
        _ = try attempt(.hostname, "sethostname") {
            clinux_sethostname(plan.hostname, plan.hostname.utf8.count)
        }
    }

    private func becomeRoot(_ plan: Plan) throws(SetupFailure) {
        if clinux_setgroups_none() != 0 && !(errno == EPERM && plan.identities.count == 1) {
            throw SetupFailure(stage: .identity, call: "setgroups", errno: errno)
        }
        _ = try attempt(.identity, "setresuid") { clinux_set_ids(0, 0) }
        // After the change of ids, which clears it (prctl(2)); a parent that died before is seen on the socket.
        _ = try attempt(.session, "prctl PR_SET_PDEATHSIG") { clinux_set_parent_death_signal(SIGKILL) }
        // Nobody inside may trace this process or look into /proc/1.
        _ = try attempt(.session, "prctl PR_SET_DUMPABLE") { clinux_set_dumpable(0) }
        _ = try attempt(.session, "setsid") { setsid() }
        // A kernel without keyrings has none to leak.
        if clinux_join_new_session_keyring() != 0 && errno != ENOSYS && errno != EDQUOT {
            throw SetupFailure(stage: .session, call: "keyctl", errno: errno)
        }
        _ = umask(0o022)
    }

    private func buildRoot(_ plan: Plan, mounts: [CInt]) throws(SetupFailure) {
        var root = try SandboxRoot(mounts: mounts)
        for (index, operation) in plan.operations.enumerated() {
            try root.apply(operation, index: index)
        }
        _ = try attempt(.pivotRoot, "chdir root") { chdir("root") }
        // "." twice stacks the old root on the new one, where it can be detached without a directory; pivot_root(2).
        _ = try attempt(.pivotRoot, "pivot_root") { clinux_pivot_root(".", ".") }
        _ = try attempt(.pivotRoot, "umount old root") { clinux_umount_at_cwd() }
        _ = try attempt(.pivotRoot, "chdir /") { chdir("/") }
    }

    /// Everything else that was inherited is closed: the control socket becomes descriptor 3, what is to be handed over
    /// follows it.
    private func keepOnlyControl(beside kept: [CInt]) throws(SetupFailure) -> CInt {
        var safe: [CInt] = []
        for descriptor in kept {
            safe.append(try attempt(.handshake, "fcntl") { fcntl(descriptor, F_DUPFD_CLOEXEC, 16) })
        }
        if control != 3 {
            _ = try attempt(.handshake, "dup2") { dup2(control, 3) }
        }
        let null = try attempt(.handshake, "open /dev/null") { open("/dev/null", O_RDWR) }
        for stream in 0..<3 as Range<CInt> where stream != null {
            _ = try attempt(.handshake, "dup2") { dup2(null, stream) }
        }
        for (index, descriptor) in safe.enumerated() {
            _ = try attempt(.handshake, "dup2") { dup2(descriptor, 4 + CInt(index)) }
        }
        _ = try attempt(.handshake, "close_range") { clinux_close_from(4 + CInt(safe.count)) }
        _ = try attempt(.handshake, "fcntl") { clinux_set_cloexec(3) }
        return 3
    }
}
