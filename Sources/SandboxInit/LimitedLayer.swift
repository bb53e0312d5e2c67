import CLinux
import Glibc
import SandboxPlan

extension Launcher {
    /// Mounts a limited, empty file system at `path`, its root owned by `owner`.
    func makeLayer(
        path: String,
        kind: LayerKind,
        bytes: UInt64,
        inodes: UInt64,
        owner: UInt32
    ) throws(SetupFailure) {
        switch kind {
        case .memory:
            _ = try attempt(.layer, "mkdir \(path)") { mkdir(path, 0o755) }
            try mountMemory(path: path, bytes: bytes, inodes: inodes, owner: owner)
        case .disk:
            _ = try attempt(.layer, "mkdir \(path)") { mkdir(path, 0o755) }
            try mountDisk(path: path, bytes: bytes, inodes: inodes, owner: owner)
        case .unlimited:
            _ = try attempt(.layer, "mkdir \(path)") { mkdir(path, 0o755) }
            _ = try attempt(.layer, "chown \(path)") { chown(path, owner, owner) }
        }
    }

    func mountMemory(path: String, bytes: UInt64, inodes: UInt64, owner: UInt32) throws(SetupFailure) {
        let mount = try openMemoryFileSystem(
            stage: .layer,
            index: 0,
            options: [
                ("size", "\(bytes)"), ("nr_inodes", "\(inodes)"), ("mode", "0755"), ("uid", "\(owner)"),
                ("gid", "\(owner)"),
            ]
        )
        defer { _ = close(mount) }
        _ = try attempt(.layer, "move_mount \(path)") { clinux_attach_mount(mount, AT_FDCWD, path) }
    }

    /// An ext4 image in the launcher's own memory-backed directory would defeat the purpose: the image is a sparse
    /// file in the mounts directory's parent, unlinked as soon as the loop device holds it.
    private func mountDisk(path: String, bytes: UInt64, inodes: UInt64, owner: UInt32) throws(SetupFailure) {
        let image = configuration.mounts + "-images/" + (path.split(separator: "/").last.map(String.init) ?? "layer")
        let file = try attempt(.layer, "create \(image)") {
            open(image, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        }
        defer {
            _ = close(file)
            _ = unlink(image)
        }
        _ = try attempt(.layer, "ftruncate \(image)") { ftruncate(file, off_t(bytes)) }
        try runTool(
            [
                "/sbin/mkfs.ext4", "-q", "-F", "-m", "0", "-N", "\(inodes)", "-O", "^has_journal", "-E",
                "lazy_itable_init=1,root_owner=\(owner):\(owner)", image,
            ])
        let device = try attempt(.layer, "loop device") { clinux_loop_attach(file) }
        defer { _ = close(device) }
        let name = "/dev/loop\(clinux_loop_number(device))"
        let context = try attempt(.layer, "fsopen ext4") { clinux_fsopen("ext4") }
        defer { _ = close(context) }
        _ = try attempt(.layer, "fsconfig source=\(name)") { clinux_fsconfig_string(context, "source", name) }
        _ = try attempt(.layer, "mount ext4") { clinux_fsconfig_create(context) }
        let mount = try attempt(.layer, "fsmount ext4") {
            clinux_fsmount(context, CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV)
        }
        defer { _ = close(mount) }
        _ = try attempt(.layer, "move_mount \(path)") { clinux_attach_mount(mount, AT_FDCWD, path) }
        // mke2fs makes it; it would be seen as a change of the agent's.
        _ = rmdir(path + "/lost+found")
    }

    /// Unmounts a layer; what still uses it (a sandbox that is being killed) keeps it until it ends.
    func removeLayer(path: String) throws(SetupFailure) {
        if clinux_umount_detach(path) != 0 && errno != EINVAL {
            throw SetupFailure(stage: .layer, call: "umount \(path)", errno: errno)
        }
        _ = try attempt(.layer, "rmdir \(path)") { rmdir(path) }
    }

    /// Gives a tree to `owner`, in a child so that a large tree does not hold up launches' state on failure.
    func adopt(path: String, owner: UInt32) throws(SetupFailure) {
        try runTool(["/bin/chown", "-hR", "\(owner):\(owner)", "--", path])
    }

    func removeTree(path: String) throws(SetupFailure) {
        try runTool(["/bin/rm", "-rf", "--", path])
    }

    /// Runs a host program to its end, with an empty environment and no descriptors but /dev/null.
    private func runTool(_ arguments: [String]) throws(SetupFailure) {
        let tool = arguments[0]
        let child = try attempt(.layer, "fork") { fork() }
        if child == 0 {
            let null = open("/dev/null", O_RDWR)
            for stream in 0..<3 as Range<CInt> { _ = dup2(null, stream) }
            _ = clinux_close_from(3)
            _ = clinux_reset_signals()
            withCStringArray(arguments) { argv in
                withCStringArray(["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]) { environment in
                    _ = execve(tool, argv, environment)
                }
            }
            _exit(127)
        }
        var status: CInt = 0
        _ = try attempt(.layer, "waitpid \(tool)") { waitpid(child, &status, 0) }
        guard status == 0 else {
            throw SetupFailure(stage: .layer, call: arguments.joined(separator: " "), errno: EIO)
        }
    }
}
