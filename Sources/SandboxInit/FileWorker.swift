import CLinux
import Glibc
import Linux
import SandboxPlan

/// A child of pid 1 that serves one file request as somebody of the sandbox, says how it went, and ends.
///
/// Paths are an agent's. They are resolved without RESOLVE_BENEATH: the root of this process is the sandbox's, it has no
/// descriptor of anything outside, and it acts with the rights of who asks, so that a link leads nowhere where that user could
/// not go without us. What it must not follow are the links of /proc that lead to its own files (RESOLVE_NO_MAGICLINKS).
struct FileWorker {
    let id: UInt32
    let request: FileRequest
    let user: ActingUser
    /// Where relative paths start.
    let directory: SandboxPath
    let control: CInt
    /// Where content comes from or goes to; -1 when the request has none.
    let data: CInt

    func run() -> Never {
        let answer: ControlEvent
        var passed: [CInt] = []
        do throws(SetupFailure) {
            // Leads a group, so that the daemon can end it by a signal to that.
            _ = try attempt(.session, "setsid") { setsid() }
            let resolved = try resolve(user.user)
            try Privileges(user: resolved, capabilities: user.capabilities).assume()
            answer = work(&passed)
        } catch {
            answer = .notStarted(id: id, error)
        }
        _ = sendMessage(control, answer.encoded(), passed)
        _exit(0)
    }

    private func work(_ passed: inout [CInt]) -> ControlEvent {
        // Modes are as asked for.
        _ = umask(0)
        do throws(FileFailure) {
            let start = try directory.checkedCString()
            guard chdir(start) == 0 else { throw FileFailure(path: directory, errno: errno) }
            return .answered(id: id, try perform(&passed))
        } catch {
            return .fileFailed(id: id, error)
        }
    }

    private func perform(_ passed: inout [CInt]) throws(FileFailure) -> FileReply {
        switch request {
        case .read(let path, let offset, let length):
            return try FileTransfer(path: path, data: data).read(from: offset, length: length)
        case .write(let path, let mode, let how, let makesParents):
            if makesParents { try makeParents(of: path) }
            return try FileTransfer(path: path, data: data).write(mode: mode, how)
        case .list(let path, let limit): return try list(path, limit: limit)
        case .status(let path, let followsLinks):
            return FileReply(status: try fileStatus(path, followsLinks: followsLinks))
        case .remove(let path, let isRecursive):
            try TreeRemover.remove(path, isRecursive: isRecursive)
            return FileReply()
        case .makeDirectory(let path, let mode, let makesParents):
            if makesParents { try makeParents(of: path) }
            try makeDirectory(path, mode: mode, mayExist: makesParents)
            return FileReply()
        case .listen(let path):
            passed = [try SocketMaker(path: path).listen()]
            return FileReply()
        case .pack(let path, let limits): return try TreePacker(path: path, limits: limits, sink: data).pack()
        case .unpack(let path): return try TreePlacer.place(at: path, from: data)
        case .unpackLayer(let path): return try TreePlacer.place(at: path, from: data, asLayer: LayerPlacement())
        case .share(let path, let copy): return try TreeSharer.share(path, as: copy)
        }
    }

    private func fileStatus(_ path: SandboxPath, followsLinks: Bool) throws(FileFailure) -> FileStatus {
        let name = try path.checkedCString()
        var found = stat()
        guard fstatat(AT_FDCWD, name, &found, followsLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            throw FileFailure(path: path, errno: errno)
        }
        return FileStatus(found, name, in: AT_FDCWD)
    }

    // MARK: Directories

    private func list(_ path: SandboxPath, limit: UInt32) throws(FileFailure) -> FileReply {
        let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NONBLOCK)
        let top = clinux_openat2(AT_FDCWD, try path.checkedCString(), flags, 0, CLINUX_RESOLVE_NO_MAGICLINKS)
        guard top >= 0 else { throw FileFailure(path: path, errno: errno) }
        guard let listing = clinux_directory_open(top) else { throw FileFailure(path: path, errno: errno) }
        defer { clinux_directory_close(listing) }
        var sink = BufferedSink(data)
        var count: UInt32 = 0
        while let next = clinux_directory_next(listing) {
            guard count < limit else {
                sink.flush()
                return FileReply(count: UInt64(count), isComplete: false)
            }
            let name = Array(UnsafeBufferPointer(start: next, count: strlen(next) + 1))
            var found = stat()
            // What is gone meanwhile is not there.
            guard fstatat(top, name, &found, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let entry = DirectoryEntry(name: SandboxPath(cString: name), status: FileStatus(found, name, in: top))
            sink.put(entry.encoded())
            count += 1
        }
        guard errno == 0 else { throw FileFailure(path: path, errno: errno) }
        sink.flush()
        return FileReply(count: UInt64(count))
    }
}

/// Makes one directory; with `mayExist`, one that is there already will do.
func makeDirectory(_ path: SandboxPath, mode: UInt32, mayExist: Bool) throws(FileFailure) {
    let name = try path.checkedCString()
    guard mkdir(name, mode & 0o1777) != 0 else { return }
    let code = errno
    var found = stat()
    guard mayExist, code == EEXIST, stat(name, &found) == 0, found.st_mode & S_IFMT == S_IFDIR else {
        throw FileFailure(path: path, errno: code)
    }
}

/// Makes the directories above a path that are missing, with the usual mode.
func makeParents(of path: SandboxPath) throws(FileFailure) {
    let slash = UInt8(ascii: "/")
    for index in path.bytes.indices.dropFirst() where path.bytes[index] == slash {
        // What ends in slashes is made by whoever asks for it.
        guard path.bytes[index...].contains(where: { $0 != slash }) else { return }
        guard path.bytes[index - 1] != slash else { continue }
        let parent = SandboxPath(bytes: Array(path.bytes[..<index]))
        do throws(FileFailure) {
            try makeDirectory(parent, mode: 0o755, mayExist: true)
        } catch {
            // As open(2) of the whole path would say.
            guard case .system(EEXIST) = error.reason else { throw error }
            throw FileFailure(path: path, errno: ENOTDIR)
        }
    }
}

extension SandboxPath {
    init(cString: [CChar]) {
        self.init(bytes: cString.dropLast().map { UInt8(bitPattern: $0) })
    }

    /// For system calls; a NUL within would name another file.
    func checkedCString() throws(FileFailure) -> [CChar] {
        guard !bytes.contains(0) else { throw FileFailure(path: self, errno: EINVAL) }
        return cString
    }
}

extension FileKind {
    /// The kind of st_mode; see inode(7).
    init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symlink
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        default: self = .device
        }
    }
}

extension FileStatus {
    /// `name` in `parent` is read where it is a link.
    init(_ status: stat, _ name: [CChar], in parent: CInt) {
        var target: SandboxPath?
        if status.st_mode & S_IFMT == S_IFLNK {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = clinux_readlink(parent, name, &buffer, buffer.count)
            let bytes = buffer[..<max(count, 0)]
            if !WorkerSecrecy.covers(link: status, to: bytes) { target = SandboxPath(bytes: Array(bytes)) }
        }
        self.init(
            kind: FileKind(mode: status.st_mode),
            size: UInt64(status.st_size),
            mode: UInt32(status.st_mode) & 0o7777,
            uid: status.st_uid,
            gid: status.st_gid,
            modified: Int64(status.st_mtim.tv_sec),
            target: target
        )
    }
}
