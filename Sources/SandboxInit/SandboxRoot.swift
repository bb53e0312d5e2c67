import CLinux
import Glibc
import SandboxPlan

/// Builds the sandbox's file system in a scratch directory, mount by mount, all by descriptor.
///
/// Paths below the new root are resolved with the new root as their root (`RESOLVE_IN_ROOT`), so that a link that
/// an agent left in a frozen layer cannot lead a later mount outside; see openat2(2).
struct SandboxRoot {
    /// Clones of the plan's sources; each can be attached once.
    let mounts: [CInt]
    private let root = "root"
    /// The overlays that can be written to.
    private(set) var watched: [WatchedLayer] = []

    /// Mounts the scratch file system and makes it the working directory.
    init(mounts: [CInt]) throws(SetupFailure) {
        self.mounts = mounts
        let mount = try openMemoryFileSystem(stage: .scratch, index: 0, options: [("size", "1m"), ("mode", "0755")])
        defer { _ = close(mount) }
        _ = try attempt(.scratch, "move_mount") { clinux_attach_mount(mount, AT_FDCWD, "scratch") }
        _ = try attempt(.scratch, "chdir") { chdir("scratch") }
        _ = try attempt(.scratch, "mkdir") { mkdir("root", 0o755) }
    }

    mutating func apply(_ operation: Operation, index: Int) throws(SetupFailure) {
        let step = Step(index: index)
        switch operation {
        case .layer(let name, let path, let writable):
            let mount = try step.call("open_tree \(path)") { clinux_clone_mount(AT_FDCWD, path, 1) }
            defer { _ = close(mount) }
            var attributes = CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV
            if !writable { attributes |= CLINUX_ATTR_RDONLY }
            _ = try step.call("mount_setattr") { clinux_set_mount_attributes(mount, attributes, 1) }
            try attachLayer(mount, name, step)
        case .sourceLayer(let name, let number):
            guard mounts.indices.contains(number) else { throw step.failure("handed-over mount", EPROTO) }
            try attachLayer(mounts[number], name, step)
        case .overlay(let lowers, let upper, let target):
            try overlay(lowers, upper, target, step)
        case .attach(let layer, let target, let readOnly):
            try attach(layer, target, readOnly, step)
        case .tmpfs(let target, let bytes, let inodes, let mode):
            let mount = try openMemoryFileSystem(
                stage: .operation,
                index: index,
                options: [("size", "\(bytes)"), ("nr_inodes", "\(inodes)"), ("mode", octal(mode))]
            )
            defer { _ = close(mount) }
            try place(mount, target, step)
        case .proc(let target): try mountProc(target, step)
        case .devices(let target, let bytes): try mountDevices(target, sharedMemoryBytes: bytes, step)
        case .directory(let target, let mode, let uid, let gid):
            try makeDirectory(target, mode: mode, uid: uid, gid: gid, step)
        case .ensureDirectory(let target): try ensureDirectory(target, step)
        case .freshDirectory(let layer, let target, let mode):
            _ = try step.call("mkdir \(layer)") { mkdir(layer, 0o755) }
            _ = try step.call("chmod \(layer)") { chmod(layer, mode) }
            try attach(layer, target, false, step)
        case .file(let target, let text, let mode): try makeFile(target, text, mode: mode, step)
        }
    }

    // MARK: Layers

    private func attachLayer(_ mount: CInt, _ name: String, _ step: Step) throws(SetupFailure) {
        // A layer may be a single file (a read-only bind of one): the mount point must be of its kind.
        var status = stat()
        _ = try step.call("fstat") { fstat(mount, &status) }
        if status.st_mode & S_IFMT == S_IFDIR {
            _ = try step.call("mkdir \(name)") { mkdir(name, 0o755) }
        } else {
            let file = try step.call("create \(name)") { open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644) }
            _ = close(file)
        }
        _ = try step.call("move_mount \(name)") { clinux_attach_mount(mount, AT_FDCWD, name) }
    }

    private mutating func overlay(
        _ lowers: [String],
        _ upper: String?,
        _ target: String,
        _ step: Step
    ) throws(SetupFailure) {
        let context = try step.call("fsopen overlay") { clinux_fsopen("overlay") }
        defer { _ = close(context) }
        func option(_ key: String, _ value: String) throws(SetupFailure) {
            _ = try step.call("fsconfig \(key)=\(value)") { clinux_fsconfig_string(context, key, value) }
        }
        try option("source", "overlay")
        try option("lowerdir", lowers.joined(separator: ":"))
        if let upper {
            try prepareUpper(upper, like: lowers.last ?? "", step)
            try option("upperdir", upper + "/upper")
            try option("workdir", upper + "/work")
        }
        // Always, root or not: a layer that was written with one kind of xattr must be read with the same.
        _ = try step.call("fsconfig userxattr") { clinux_fsconfig_flag(context, "userxattr") }
        _ = try step.call("mount overlay") { clinux_fsconfig_create(context) }
        let mount = try step.call("fsmount overlay") {
            clinux_fsmount(context, CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV)
        }
        defer { _ = close(mount) }
        try place(mount, target, step)
        if let upper { try watch(upper + "/upper", over: lowers, at: target, step) }
    }

    private mutating func watch(
        _ upper: String,
        over lowers: [String],
        at target: String,
        _ step: Step
    ) throws(SetupFailure) {
        func directory(_ path: String) throws(SetupFailure) -> CInt {
            let found = try step.call("open \(path)") { open(path, CLINUX_O_PATH | O_DIRECTORY | O_CLOEXEC) }
            defer { _ = close(found) }
            // High numbers, out of the way of those that pid 1 keeps in order.
            return try step.call("dup \(path)") { clinux_duplicate_from(found, 64) }
        }
        var covered: [CInt] = []
        for lower in lowers { covered.append(try directory(lower)) }
        let place = target == "/" ? [] : Array(target.utf8)
        watched.append(WatchedLayer(target: place, upper: try directory(upper), lowers: covered))
    }

    /// The merged directory has its upper's owner and mode: a new upper takes those of what it covers.
    private func prepareUpper(_ upper: String, like lower: String, _ step: Step) throws(SetupFailure) {
        guard mkdir(upper, 0o755) == 0 else {
            guard errno == EEXIST else { throw step.failure("mkdir \(upper)", errno) }
            return
        }
        _ = try step.call("mkdir upper") { mkdir(upper + "/upper", 0o755) }
        _ = try step.call("mkdir work") { mkdir(upper + "/work", 0o755) }
        var status = stat()
        _ = try step.call("stat \(lower)") { stat(lower, &status) }
        // An owner without an id inside cannot be copied: then root owns the upper.
        if chown(upper + "/upper", status.st_uid, status.st_gid) == 0 {
            _ = try step.call("chmod upper") { chmod(upper + "/upper", status.st_mode & 0o7777) }
        }
    }

    private func attach(
        _ layer: String,
        _ target: String,
        _ readOnly: Bool,
        _ step: Step
    ) throws(SetupFailure) {
        let mount = try step.call("open_tree \(layer)") { clinux_clone_mount(AT_FDCWD, layer, 1) }
        defer { _ = close(mount) }
        var attributes = CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV
        if readOnly { attributes |= CLINUX_ATTR_RDONLY }
        _ = try step.call("mount_setattr") { clinux_set_mount_attributes(mount, attributes, 1) }
        try place(mount, target, step)
    }

    // MARK: Targets

    /// Attaches a mount at a target, which is made when it is not there.
    func place(_ mount: CInt, _ target: String, _ step: Step) throws(SetupFailure) {
        if target == "/" {
            _ = try step.call("move_mount /") { clinux_attach_mount(mount, AT_FDCWD, root) }
            return
        }
        var status = stat()
        _ = try step.call("fstat") { fstat(mount, &status) }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        let place = try openTarget(target, directory: isDirectory, step)
        defer { _ = close(place) }
        _ = try step.call("move_mount \(target)") { clinux_attach_mount(mount, place, "") }
    }

    /// A path descriptor for `target` below the new root; missing parts are made.
    func openTarget(_ target: String, directory: Bool, _ step: Step) throws(SetupFailure) -> CInt {
        let rootDirectory = try openRoot(step)
        defer { _ = close(rootDirectory) }
        let flags = UInt64(CLINUX_O_PATH)
        func existing() -> CInt {
            clinux_openat2(
                rootDirectory,
                target,
                flags,
                0,
                CLINUX_RESOLVE_IN_ROOT | CLINUX_RESOLVE_NO_MAGICLINKS
            )
        }
        let found = existing()
        if found >= 0 { return found }
        guard errno == ENOENT else { throw step.failure("openat2 \(target)", errno) }
        let parts = target.split(separator: "/").map(String.init)
        let parents = directory ? parts : Array(parts.dropLast())
        var current = try step.call("dup") { dup(rootDirectory) }
        defer { _ = close(current) }
        for (index, _) in parents.enumerated() {
            let path = "/" + parents[...index].joined(separator: "/")
            var next = clinux_openat2(
                rootDirectory,
                path,
                flags | UInt64(O_DIRECTORY),
                0,
                CLINUX_RESOLVE_IN_ROOT | CLINUX_RESOLVE_NO_MAGICLINKS
            )
            if next < 0 {
                guard errno == ENOENT else { throw step.failure("openat2 \(path)", errno) }
                _ = try step.call("mkdir \(path)") { mkdirat(current, parents[index], 0o755) }
                next = try step.call("open \(path)") {
                    openat(current, parents[index], CLINUX_O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                }
            }
            _ = close(current)
            current = next
        }
        if !directory, let name = parts.last {
            let file = try step.call("create \(target)") {
                openat(current, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o644)
            }
            _ = close(file)
        }
        return try step.call("openat2 \(target)") { existing() }
    }

    func openRoot(_ step: Step) throws(SetupFailure) -> CInt {
        try step.call("open root") { open(root, CLINUX_O_PATH | O_DIRECTORY | O_CLOEXEC) }
    }
}

/// One operation of the plan while it runs: failures carry its index.
struct Step {
    let index: Int

    func call<T: FixedWidthInteger>(_ call: String, _ body: () -> T) throws(SetupFailure) -> T {
        try attempt(.operation, call, index: index, body)
    }

    func failure(_ call: String, _ code: CInt) -> SetupFailure {
        SetupFailure(stage: .operation, index: index, call: call, errno: code)
    }
}

/// A detached tmpfs, `nosuid,nodev`.
func openMemoryFileSystem(
    stage: SetupStage,
    index: Int,
    options: [(key: String, value: String)]
) throws(SetupFailure) -> CInt {
    let context = try attempt(stage, "fsopen tmpfs", index: index) { clinux_fsopen("tmpfs") }
    defer { _ = close(context) }
    for option in options {
        _ = try attempt(stage, "fsconfig \(option.key)=\(option.value)", index: index) {
            clinux_fsconfig_string(context, option.key, option.value)
        }
    }
    _ = try attempt(stage, "mount tmpfs", index: index) { clinux_fsconfig_create(context) }
    return try attempt(stage, "fsmount tmpfs", index: index) {
        clinux_fsmount(context, CLINUX_ATTR_NOSUID | CLINUX_ATTR_NODEV)
    }
}

/// A mode as mount options want it.
func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }
