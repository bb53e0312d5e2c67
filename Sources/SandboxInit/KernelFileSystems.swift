import CLinux
import Glibc
import SandboxPlan

extension SandboxRoot {
    /// Files of /proc that show the kernel's inside: covered by /dev/null where anybody may open them.
    ///
    /// The rest (kcore, kmsg, slabinfo, sysrq-trigger, ...) is for the host's root, whom nobody inside is.
    private static let maskedFiles = [
        "keys", "key-users", "kallsyms", "latency_stats", "sched_debug", "timer_stats", "modules", "iomem", "ioports",
        "schedstat",
    ]
    /// Directories of /proc that are covered by an empty, read-only one.
    private static let maskedDirectories = ["acpi", "asound", "scsi", "driver", "pressure", "dynamic_debug"]
    /// Directories of /proc that stay visible, read-only: the sandbox's root may write its namespaces' switches.
    private static let readOnlyDirectories = ["sys"]

    /// A proc of the sandbox's own pid namespace.
    ///
    /// The kernel refuses it in a user namespace when the outer /proc is partly covered (mount_too_revealing).
    func mountProc(_ target: String, _ step: Step) throws(SetupFailure) {
        let context = try step.call("fsopen proc") { clinux_fsopen("proc") }
        defer { _ = close(context) }
        _ = try step.call("mount proc") { clinux_fsconfig_create(context) }
        let mount = try step.call("fsmount proc") {
            clinux_fsmount(context, CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV | CLINUX_ATTR_NOEXEC)
        }
        defer { _ = close(mount) }
        try place(mount, target, step)
        let proc = try openTarget(target, directory: true, step)
        defer { _ = close(proc) }
        for name in Self.readOnlyDirectories where exists(proc, name) {
            let clone = try step.call("open_tree \(name)") { clinux_clone_mount(proc, name, 0) }
            defer { _ = close(clone) }
            _ = try step.call("mount_setattr \(name)") { clinux_set_mount_attributes(clone, CLINUX_ATTR_RDONLY, 0) }
            _ = try step.call("cover \(name)") { clinux_attach_mount(clone, proc, name) }
        }
        for name in Self.maskedFiles where exists(proc, name) {
            let null = try cloneDevice("null", step)
            defer { _ = close(null) }
            _ = try step.call("cover \(name)") { clinux_attach_mount(null, proc, name) }
        }
        try maskDirectories(proc, step)
    }

    private func maskDirectories(_ proc: CInt, _ step: Step) throws(SetupFailure) {
        _ = try step.call("mkdir empty") { mkdir("empty", 0o555) }
        let attributes = CLINUX_ATTR_RDONLY | CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV | CLINUX_ATTR_NOEXEC
        for name in Self.maskedDirectories where exists(proc, name) {
            let empty = try step.call("open_tree empty") { clinux_clone_mount(AT_FDCWD, "empty", 0) }
            defer { _ = close(empty) }
            _ = try step.call("mount_setattr empty") { clinux_set_mount_attributes(empty, attributes, 0) }
            _ = try step.call("cover \(name)") { clinux_attach_mount(empty, proc, name) }
        }
    }

    /// From the host; tty is the caller's own terminal, see tty(4).
    static let deviceNodes = ["null", "zero", "full", "random", "urandom", "tty"]
    /// Names in /dev, and where they lead.
    static let deviceLinks = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]

    /// The nodes above from the host; pts and shm of the sandbox's own; nothing else.
    func mountDevices(_ target: String, sharedMemoryBytes: UInt64, _ step: Step) throws(SetupFailure) {
        let mount = try openMemoryFileSystem(
            stage: .operation,
            index: step.index,
            options: [("size", "64k"), ("mode", "0755")]
        )
        defer { _ = close(mount) }
        try place(mount, target, step)
        let devices = try openTarget(target, directory: true, step)
        defer { _ = close(devices) }
        // Some containers have no tty.
        for name in Self.deviceNodes where name != "tty" || access("/dev/tty", F_OK) == 0 {
            let device = try cloneDevice(name, step)
            defer { _ = close(device) }
            let file = try step.call("create \(name)") { openat(devices, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0o666) }
            _ = close(file)
            _ = try step.call("attach \(name)") { clinux_attach_mount(device, devices, name) }
        }
        for (name, destination) in Self.deviceLinks {
            _ = try step.call("symlink \(name)") { symlinkat(destination, devices, name) }
        }
        try mountTerminals(devices, step)
        _ = try step.call("mkdir shm") { mkdirat(devices, "shm", 0o1777) }
        let shared = try openMemoryFileSystem(
            stage: .operation,
            index: step.index,
            options: [("size", "\(sharedMemoryBytes)"), ("nr_inodes", "16384"), ("mode", "01777")]
        )
        defer { _ = close(shared) }
        _ = try step.call("attach shm") { clinux_attach_mount(shared, devices, "shm") }
    }

    /// A detached mount of one of the host's device nodes, good for nothing but reading and writing.
    private func cloneDevice(_ name: String, _ step: Step) throws(SetupFailure) -> CInt {
        let device = try step.call("open_tree /dev/\(name)") { clinux_clone_mount(AT_FDCWD, "/dev/" + name, 0) }
        if clinux_set_mount_attributes(device, CLINUX_ATTR_NOSUID | CLINUX_ATTR_NOEXEC, 0) != 0 {
            let code = errno
            _ = close(device)
            throw step.failure("mount_setattr /dev/\(name)", code)
        }
        return device
    }

    private func mountTerminals(_ devices: CInt, _ step: Step) throws(SetupFailure) {
        let context = try step.call("fsopen devpts") { clinux_fsopen("devpts") }
        defer { _ = close(context) }
        for (key, value) in [("ptmxmode", "0666"), ("mode", "0620")] {
            _ = try step.call("fsconfig \(key)") { clinux_fsconfig_string(context, key, value) }
        }
        _ = try step.call("mount devpts") { clinux_fsconfig_create(context) }
        let mount = try step.call("fsmount devpts") { clinux_fsmount(context, CLINUX_ATTR_NOSUID | CLINUX_ATTR_NOEXEC) }
        defer { _ = close(mount) }
        _ = try step.call("mkdir pts") { mkdirat(devices, "pts", 0o755) }
        _ = try step.call("attach pts") { clinux_attach_mount(mount, devices, "pts") }
    }

    private func exists(_ directory: CInt, _ name: String) -> Bool {
        var status = stat()
        return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    }
}
