import CCap
import CLinux
import Glibc
import SandboxPlan

extension Launcher {
    /// Starts a process that reads a layer; it ends when it has said all, or with the launcher.
    ///
    /// A sandbox would do and costs a launch; here nothing is executed. `descriptors`: where it answers, then where the
    /// archive goes.
    func startReader(_ reading: LayerReading, _ descriptors: [CInt]) throws(SetupFailure) -> LaunchedProcess {
        guard descriptors.count == (reading.archive == nil ? 1 : 2) else {
            throw SetupFailure(stage: .readLayer, call: "descriptors", errno: EPROTO)
        }
        let layer = try attempt(.readLayer, "open_tree \(reading.layer)") {
            clinux_clone_mount(AT_FDCWD, reading.layer, 1)
        }
        defer { _ = close(layer) }
        let attributes = CLINUX_ATTR_RDONLY | CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV | CLINUX_ATTR_NOEXEC
        _ = try attempt(.readLayer, "mount_setattr \(reading.layer)") {
            clinux_set_mount_attributes(layer, attributes, 1)
        }
        var ends: [CInt] = [-1, -1]
        _ = try attempt(.readLayer, "pipe") { clinux_pipe(&ends) }
        // A child that is not told to go on ends with this.
        defer { _ = close(ends[1]) }
        var pidfd: CInt = -1
        let child = clinux_fork_into(CLINUX_CLONE_NEWUSER | CLINUX_CLONE_NEWPID, &pidfd)
        let forkError = errno
        if child == 0 {
            LayerReader(layer: layer, go: ends[0], answer: descriptors).run(reading)
        }
        _ = close(ends[0])
        guard child > 0 else { throw SetupFailure(stage: .readLayer, call: "clone", errno: forkError) }
        do throws(SetupFailure) {
            try writeMaps(of: child, reading.identities)
            _ = try attempt(.readLayer, "write") { write(ends[1], [1], 1) }
        } catch {
            _ = close(pidfd)
            throw error
        }
        return LaunchedProcess(pid: child, pidfd: pidfd)
    }
}

/// A process that sees a layer and nothing else: its root directory is the layer, its ids are those of the sandbox that
/// wrote it, and all that it may do is to look at everything.
private struct LayerReader {
    let layer: CInt
    /// Says that the ids are mapped.
    let go: CInt
    let answer: [CInt]

    func run(_ reading: LayerReading) -> Never {
        do throws(SetupFailure) {
            try confine(singleID: reading.identities.count == 1, calls: reading.seccomp)
        } catch {
            // Nobody reads the stream's end mark then: the daemon sees that it is missing.
            _exit(1)
        }
        for path in reading.listed { TreeCollector(sink: Self.sink, limits: reading.limits).collect(path) }
        if let wanted = reading.archive {
            var reason = ""
            do throws(ArchiveFailure) {
                try LayerArchiver(wanted, to: Self.sink + 1).pack()
            } catch {
                reason = error.text
            }
            var end = BufferedSink(Self.sink)
            end.put(TreeEntry(kind: .end, path: Array(reason.utf8)).encoded())
            end.flush()
        }
        _exit(0)
    }

    /// Where it answers, and behind it where the archive goes.
    private static let sink: CInt = 3

    private func confine(singleID: Bool, calls: [UInt8]) throws(SetupFailure) {
        let null = try attempt(.readLayer, "open /dev/null") { open("/dev/null", O_RDWR | O_CLOEXEC) }
        try keepOnly([null, null, null] + answer + [layer, go])
        let go = Self.sink + CInt(answer.count) + 1
        var byte: UInt8 = 0
        guard Glibc.read(go, &byte, 1) == 1 else { _exit(1) }
        if clinux_setgroups_none() != 0 && !(errno == EPERM && singleID) {
            throw SetupFailure(stage: .readLayer, call: "setgroups", errno: errno)
        }
        _ = try attempt(.readLayer, "setresuid") { clinux_set_ids(0, 0) }
        // After the change of ids, which clears it (prctl(2)).
        _ = try attempt(.readLayer, "prctl PR_SET_PDEATHSIG") { clinux_set_parent_death_signal(SIGKILL) }
        _ = try attempt(.readLayer, "fchdir") { fchdir(go - 1) }
        _ = try attempt(.readLayer, "chroot") { chroot(".") }
        _ = clinux_close_from(go - 1)
        // Without CAP_SYS_CHROOT there is no way back; see chroot(2).
        let looking = [UInt8(CAP_DAC_READ_SEARCH)]
        try Privileges(user: ResolvedUser(uid: 0, gid: 0), capabilities: looking).dropCapabilities()
        _ = try attempt(.readLayer, "prctl PR_SET_NO_NEW_PRIVS") { clinux_set_no_new_privileges() }
        // Who stops reading is an error of write(2).
        _ = signal(SIGPIPE, SIG_IGN)
        _ = try attempt(.readLayer, "seccomp") { clinux_install_seccomp(calls, calls.count) }
    }

    /// These descriptors, from 0 on.
    private func keepOnly(_ descriptors: [CInt]) throws(SetupFailure) {
        var above: [CInt] = []
        for descriptor in descriptors {
            // Out of the way of the numbers that are given out here.
            above.append(try attempt(.readLayer, "fcntl") { clinux_duplicate_from(descriptor, 64) })
        }
        for (number, descriptor) in above.enumerated() {
            _ = try attempt(.readLayer, "dup2") { dup2(descriptor, CInt(number)) }
        }
        _ = try attempt(.readLayer, "close_range") { clinux_close_from(CInt(above.count)) }
    }
}
