import CLinux
import Glibc
import Linux
import SandboxPlan

/// A sandbox's pid 1, from its birth in fresh user and pid namespaces to its loop.
struct SandboxProcess {
    /// Here the launcher says what it is to be: plan and control socket first, then clones of the plan's sources.
    let launcher: CInt
    /// Here the daemon says first which cgroups to join, when it has made them.
    let control: CInt

    /// What a fork of the launcher does, which holds descriptors that are none of its business.
    ///
    /// `processors` are those that it may use: until it has its order it may be kept off one of them, to begin elsewhere.
    static func run(launcher: CInt, processors: cpu_set_t?) -> Never {
        _ = dup2(launcher, 3)
        _ = clinux_close_from(4)
        // Out of the way of those that it will keep in order.
        let launcher = clinux_duplicate_from(3, 200)
        _ = close(3)
        let failure = separate()
        guard let order = receiveMessage(launcher), order.descriptors.count == 2,
            let bytes = readAll(order.descriptors[0]), let plan = try? Plan(decoding: bytes)
        else { _exit(1) }
        SandboxProcess(launcher: launcher, control: order.descriptors[1]).become(plan, failure ?? free(on: processors))
    }

    /// The namespaces that depend on no plan; that of mounts comes later, or it would not have the mounts of later layers.
    private static func separate() -> SetupFailure? {
        do throws(SetupFailure) {
            _ = try attempt(.unshare, "unshare net, ipc, uts") {
                clinux_unshare(CLINUX_CLONE_NEWNET | CLINUX_CLONE_NEWIPC | CLINUX_CLONE_NEWUTS)
            }
            _ = try attempt(.loopback, "ioctl SIOCSIFFLAGS") { clinux_loopback_up() }
            return nil
        } catch {
            return error
        }
    }

    private static func free(on processors: cpu_set_t?) -> SetupFailure? {
        guard var processors, clinux_set_processors(&processors) != 0 else { return nil }
        // None of them is ours any more: then the kernel has set anew what we may use; cpuset(7).
        if errno == EINVAL { return nil }
        return SetupFailure(stage: .session, call: "sched_setaffinity", errno: errno)
    }

    private func become(_ plan: Plan, _ earlier: SetupFailure?) -> Never {
        var times = SetupTimes()
        times.ordered = monotonicNanoseconds()
        do throws(SetupFailure) {
            if let earlier { throw earlier }
            try enter(plan)
            let sockets = try NetworkSockets(plan.network)
            times.separated = monotonicNanoseconds()
            guard let message = receiveMessage(launcher) else { _exit(1) }
            times.equipped = monotonicNanoseconds()
            try becomeRoot(plan)
            let layers = try buildRoot(plan, mounts: message.descriptors)
            times.rooted = monotonicNanoseconds()
            try joinGroups()
            let kept = try keepOnlyControl(and: layers, handingOver: sockets.handedOver)
            times.joined = monotonicNanoseconds()
            guard sendMessage(kept.control, ControlEvent.ready(times).encoded(), kept.handedOver) else { _exit(1) }
            for descriptor in kept.handedOver { _ = close(descriptor) }
            InitLoop(control: kept.control, layers: kept.layers).run()
        } catch {
            _ = sendMessage(control, ControlEvent.setupFailed(error).encoded(), [])
            // The launcher must find this process, or it would report its absence instead of this failure.
            _ = receiveMessage(launcher)
            _exit(1)
        }
    }

    /// The namespace of mounts, which was left; the launcher maps the ids meanwhile.
    private func enter(_ plan: Plan) throws(SetupFailure) {
        _ = try attempt(.unshare, "unshare mount") { clinux_unshare(CLINUX_CLONE_NEWNS) }
        _ = try attempt(.mountPropagation, "mount MS_PRIVATE") { clinux_mount_private() }
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

    private func buildRoot(_ plan: Plan, mounts: [CInt]) throws(SetupFailure) -> [WatchedLayer] {
        var root = try SandboxRoot(mounts: mounts)
        for (index, operation) in plan.operations.enumerated() {
            try root.apply(operation, index: index)
        }
        _ = try attempt(.pivotRoot, "chdir root") { chdir("root") }
        // "." twice stacks the old root on the new one, where it can be detached without a directory; pivot_root(2).
        _ = try attempt(.pivotRoot, "pivot_root") { clinux_pivot_root(".", ".") }
        _ = try attempt(.pivotRoot, "umount old root") { clinux_umount_at_cwd() }
        _ = try attempt(.pivotRoot, "chdir /") { chdir("/") }
        return root.watched
    }

    /// The limits begin here, before anything of others runs: the daemon makes the groups while the root is built.
    private func joinGroups() throws(SetupFailure) {
        guard let message = receiveMessage(control) else { _exit(1) }
        // One that got lost would be limits that nobody misses.
        guard message.bytes == [UInt8(message.descriptors.count)] else {
            throw SetupFailure(stage: .joinCgroup, call: "descriptors", errno: EPROTO)
        }
        for group in message.descriptors { try joinGroup(group) }
        // Afterwards, so that the groups are its root.
        _ = try attempt(.unshare, "unshare cgroup") { clinux_unshare(CLINUX_CLONE_NEWCGROUP) }
    }

    private struct Kept {
        let control: CInt
        var layers: [WatchedLayer] = []
        /// What goes to the daemon with `ready`.
        var handedOver: [CInt] = []
    }

    /// Everything else that was inherited is closed: the control socket becomes descriptor 3, the layers' directories follow,
    /// then what is handed over.
    private func keepOnlyControl(and layers: [WatchedLayer], handingOver: [CInt]) throws(SetupFailure) -> Kept {
        var above: [CInt] = []
        // Out of the way of the numbers that are given out here.
        for descriptor in handingOver {
            above.append(try attempt(.handshake, "fcntl") { clinux_duplicate_from(descriptor, 128) })
        }
        if control != 3 {
            _ = try attempt(.handshake, "dup2") { dup2(control, 3) }
        }
        let null = try attempt(.handshake, "open /dev/null") { open("/dev/null", O_RDWR) }
        for stream in 0..<3 as Range<CInt> where stream != null {
            _ = try attempt(.handshake, "dup2") { dup2(null, stream) }
        }
        var next: CInt = 4
        func keep(_ descriptor: CInt) throws(SetupFailure) -> CInt {
            _ = try attempt(.handshake, "dup2") { dup2(descriptor, next) }
            _ = try attempt(.handshake, "fcntl") { clinux_set_cloexec(next) }
            next += 1
            return next - 1
        }
        var kept = Kept(control: 3)
        for layer in layers {
            var lowers: [CInt] = []
            for lower in layer.lowers { lowers.append(try keep(lower)) }
            kept.layers.append(WatchedLayer(target: layer.target, upper: try keep(layer.upper), lowers: lowers))
        }
        for descriptor in above { kept.handedOver.append(try keep(descriptor)) }
        _ = try attempt(.handshake, "close_range") { clinux_close_from(next) }
        _ = try attempt(.handshake, "fcntl") { clinux_set_cloexec(3) }
        return kept
    }
}

private func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    // Cannot fail for this clock; see clock_gettime(2).
    _ = clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}
