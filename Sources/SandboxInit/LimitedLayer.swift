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
        _ = try attempt(.layer, "mkdir \(path)") { mkdir(path, 0o755) }
        do throws(SetupFailure) {
            switch kind {
            case .memory: try mountMemory(path: path, bytes: bytes, inodes: inodes, owner: owner)
            case .disk: try mountDisk(path: path, bytes: bytes, inodes: inodes, owner: owner)
            case .unlimited: try mountDirectory(path: path, owner: owner)
            }
        } catch {
            _ = rmdir(path)
            throw error
        }
    }

    /// Where the files behind a layer lie: the launcher's own directory is in memory.
    private func backing(of path: String) -> String {
        configuration.mounts + "-images/" + (path.split(separator: "/").last.map(String.init) ?? "layer")
    }

    /// A plain directory on the disk of the daemon's state.
    private func mountDirectory(path: String, owner: UInt32) throws(SetupFailure) {
        let directory = backing(of: path)
        _ = try attempt(.layer, "mkdir \(directory)") { mkdir(directory, 0o755) }
        _ = try attempt(.layer, "chown \(directory)") { chown(directory, owner, owner) }
        let mount = try attempt(.layer, "open_tree \(directory)") { clinux_clone_mount(AT_FDCWD, directory, 0) }
        defer { _ = close(mount) }
        _ = try attempt(.layer, "mount_setattr \(directory)") {
            clinux_set_mount_attributes(mount, CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV, 0)
        }
        _ = try attempt(.layer, "move_mount \(path)") { clinux_attach_mount(mount, AT_FDCWD, path) }
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

    /// An ext4 image in a sparse file, which has no name any more as soon as the loop device holds it: device and space
    /// are free when the last mount of it ends (LO_FLAGS_AUTOCLEAR), also when that is by `kill -9`.
    private func mountDisk(path: String, bytes: UInt64, inodes: UInt64, owner: UInt32) throws(SetupFailure) {
        let image = backing(of: path)
        // Room for 256 bytes of each inode and for the file system's own tables comes on top of what was asked for.
        let inodes = min(inodes, max(bytes / 4096, 1024))
        let size = bytes + inodes * 256 + bytes / 1024 + (256 << 10)
        let file = try attempt(.layer, "create \(image)") {
            open(image, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        }
        defer {
            _ = close(file)
            _ = unlink(image)
        }
        _ = try attempt(.layer, "ftruncate \(image)") { ftruncate(file, off_t(size)) }
        try runTool(
            [
                "/sbin/mkfs.ext4", "-q", "-F", "-m", "0", "-N", "\(inodes)", "-O", "^has_journal,^resize_inode", "-E",
                "lazy_itable_init=1,root_owner=\(owner):\(owner)", image,
            ])
        let device = try attempt(.layer, "loop device") { clinux_loop_attach(file) }
        defer { _ = close(device) }
        let name = "/dev/loop\(clinux_loop_number(device))"
        let context = try attempt(.layer, "fsopen ext4") { clinux_fsopen("ext4") }
        defer { _ = close(context) }
        _ = try attempt(.layer, "fsconfig source=\(name)") { clinux_fsconfig_string(context, "source", name) }
        // What is not written reads as zeros already: the kernel need not write the inode tables to know.
        _ = try attempt(.layer, "fsconfig noinit_itable") { clinux_fsconfig_flag(context, "noinit_itable") }
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
        let directory = backing(of: path)
        if access(directory, F_OK) == 0 { try removeTree(path: directory) }
    }

    /// Copies a tree and gives the copy to `owner`; in the keeper this reaches ids that the daemon cannot.
    func adopt(_ source: String, as path: String, owner: UInt32) throws(SetupFailure) {
        try runTool(["/bin/cp", "-a", "--", source, path])
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
            let argv = CStrings(arguments)
            let environment = CStrings(["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
            _ = execve(tool, argv.pointer, environment.pointer)
            _exit(127)
        }
        var status: CInt = 0
        _ = try attempt(.layer, "waitpid \(tool)") { waitpid(child, &status, 0) }
        guard status == 0 else {
            throw SetupFailure(stage: .layer, call: arguments.joined(separator: " "), errno: EIO)
        }
    }
}
