import CLinux
import Glibc
import SandboxPlan

/// Streams a directory tree out of the sandbox; every bound and every refusal is in the stream.
///
/// Runs inside the sandbox, so no link can lead outside. Directories are walked by descriptor, links are never
/// followed, files are opened without blocking and read only when they are regular.
struct TreeCollector {
    private let limits: TreeLimits
    private var sink: BufferedSink
    private var entries: UInt32 = 0
    private var total: UInt64 = 0
    private var nameBytes: UInt64 = 0
    /// Why the walk ended early; empty while it goes on.
    private var stopped = ""

    init(sink: CInt, limits: TreeLimits) {
        self.sink = BufferedSink(sink)
        self.limits = limits
    }

    /// Writes entries for everything below `path`, then the end mark.
    ///
    /// A path that is missing has no entries.
    consuming func collect(_ path: String) {
        var walk = self
        let top = clinux_openat2(
            AT_FDCWD,
            path,
            UInt64(O_RDONLY | O_DIRECTORY),
            0,
            CLINUX_RESOLVE_NO_SYMLINKS | CLINUX_RESOLVE_NO_MAGICLINKS
        )
        if top >= 0 {
            walk.directory(top, prefix: [], depth: 0)
        } else if errno == ENOTDIR {
            walk.single(path)
        } else if errno != ENOENT {
            walk.stopped = "\(path) is not a directory"
        }
        walk.sink.put(TreeEntry(kind: .end, path: Array(walk.stopped.utf8)).encoded())
        walk.sink.flush()
    }

    /// A file instead of a directory: one entry without a name.
    private mutating func single(_ path: String) {
        let name = path.utf8CString
        var status = stat()
        guard fstatat(AT_FDCWD, Array(name), &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG
        else {
            stopped = "\(path) is neither a directory nor a file"
            return
        }
        file(Array(name), in: AT_FDCWD, path: [], status)
    }

    /// Consumes the descriptor.
    private mutating func directory(_ descriptor: CInt, prefix: [UInt8], depth: UInt32) {
        guard depth < limits.depth else {
            _ = close(descriptor)
            stopped = "deeper than \(limits.depth) directories"
            return
        }
        guard let listing = clinux_directory_open(descriptor) else {
            _ = close(descriptor)
            return
        }
        defer { clinux_directory_close(listing) }
        var names: [[CChar]] = []
        while let name = clinux_directory_next(listing) {
            names.append(Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)))
            if names.count + Int(entries) > Int(limits.entries) {
                stopped = "more than \(limits.entries) entries"
                return
            }
        }
        names.sort { left, right in strcmp(left, right) < 0 }
        for name in names where stopped.isEmpty {
            entry(name, in: descriptor, prefix: prefix, depth: depth)
        }
    }

    private mutating func entry(_ name: [CChar], in parent: CInt, prefix: [UInt8], depth: UInt32) {
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        entries += 1
        guard entries <= limits.entries else {
            stopped = "more than \(limits.entries) entries"
            return
        }
        let path = prefix + name.dropLast().map { UInt8(bitPattern: $0) }
        nameBytes += UInt64(path.count) + (status.st_mode & S_IFMT == S_IFLNK ? UInt64(clamping: status.st_size) : 0)
        guard nameBytes <= TreeLimits.nameBytes else {
            stopped = "more than \(TreeLimits.nameBytes) bytes of names"
            return
        }
        let mode = UInt32(status.st_mode)
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            let child = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            // In a layer: what the image has below this directory was deleted with it; overlayfs documentation.
            if child >= 0, clinux_has_xattr(child, "user.overlay.opaque") != 0 {
                sink.put(TreeEntry(kind: .deleted, path: path).encoded())
            }
            sink.put(TreeEntry(kind: .directory, path: path, mode: mode).encoded())
            if child >= 0 { directory(child, prefix: path + [UInt8(ascii: "/")], depth: depth + 1) }
        case S_IFLNK:
            var target = [UInt8](repeating: 0, count: 4096)
            let count = clinux_readlink(parent, name, &target, target.count)
            sink.put(
                TreeEntry(kind: .symlink, path: path, mode: mode, target: Array(target[..<max(count, 0)])).encoded()
            )
        case S_IFREG: file(name, in: parent, path: path, status)
        default:
            let deleted = clinux_is_whiteout(mode, UInt64(status.st_rdev)) != 0
            sink.put(TreeEntry(kind: deleted ? .deleted : .other, path: path, mode: mode).encoded())
        }
    }

    private mutating func file(_ name: [CChar], in parent: CInt, path: [UInt8], _ status: stat) {
        let size = UInt64(status.st_size)
        var entry = TreeEntry(kind: .file, path: path, mode: UInt32(status.st_mode), size: size)
        guard limits.contents else {
            sink.put(entry.encoded())
            return
        }
        let source = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        defer { if source >= 0 { _ = close(source) } }
        let wanted = min(size, limits.fileBytes, limits.totalBytes - total)
        entry.contentBytes = source < 0 ? 0 : wanted
        total += entry.contentBytes
        sink.put(entry.encoded())
        copy(source, count: entry.contentBytes)
        if total >= limits.totalBytes { stopped = "more than \(limits.totalBytes) bytes" }
    }

    /// Exactly `count` bytes: a file that shrinks meanwhile is filled with zeros.
    private mutating func copy(_ source: CInt, count: UInt64) {
        var left = Int(count)
        var chunk = [UInt8](repeating: 0, count: min(left, 65536))
        while left > 0 {
            let got = read(source, &chunk, min(chunk.count, left))
            if got < 0 && errno == EINTR { continue }
            if got <= 0 {
                sink.put([UInt8](repeating: 0, count: min(left, chunk.count)))
                left -= min(left, chunk.count)
            } else {
                sink.put(Array(chunk[..<got]))
                left -= got
            }
        }
    }
}
