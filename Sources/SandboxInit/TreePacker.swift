import CLinux
import Glibc
import SandboxPlan

/// Streams a directory tree out of the sandbox, whole or not at all: what exceeds a limit or cannot be read is an error.
///
/// Directories are walked by descriptor, links below the top are never followed, files are opened without blocking.
struct TreePacker {
    private let path: SandboxPath
    private let limits: TreeLimits
    private var sink: BufferedSink
    private var entries: UInt32 = 0
    private var total: UInt64 = 0
    private var skipped: UInt64 = 0

    init(path: SandboxPath, limits: TreeLimits, sink: CInt) {
        self.path = path
        self.limits = limits
        self.sink = BufferedSink(sink)
    }

    consuming func pack() throws(FileFailure) -> FileReply {
        var packer = self
        let name = try packer.path.checkedCString()
        let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NONBLOCK)
        let top = clinux_openat2(AT_FDCWD, name, flags, 0, CLINUX_RESOLVE_NO_MAGICLINKS)
        if top >= 0 {
            try packer.directory(top, prefix: [], depth: 0)
        } else if errno == ENOTDIR {
            try packer.single(name)
        } else {
            throw FileFailure(path: packer.path, errno: errno)
        }
        packer.sink.put(TreeEntry(kind: .end, path: []).encoded())
        packer.sink.flush()
        return FileReply(count: packer.skipped)
    }

    /// A file instead of a directory: an entry of its name.
    private mutating func single(_ name: [CChar]) throws(FileFailure) {
        var status = stat()
        guard stat(name, &status) == 0 else { throw FileFailure(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileFailure(path: path, reason: .notRegular(FileKind(mode: status.st_mode)))
        }
        try file(name, in: AT_FDCWD, path: path.lastName, followsLinks: true)
    }

    /// Consumes the descriptor.
    private mutating func directory(_ descriptor: CInt, prefix: [UInt8], depth: UInt32) throws(FileFailure) {
        guard let listing = clinux_directory_open(descriptor) else {
            let code = errno
            _ = close(descriptor)
            throw failure(code, prefix)
        }
        defer { clinux_directory_close(listing) }
        guard depth < limits.depth else { throw tooLarge(prefix, "deeper than \(limits.depth) directories") }
        var names: [[CChar]] = []
        while let name = clinux_directory_next(listing) {
            names.append(Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)))
            guard names.count + Int(entries) <= Int(limits.entries) else { throw tooMany(prefix) }
        }
        guard errno == 0 else { throw failure(errno, prefix) }
        names.sort { left, right in strcmp(left, right) < 0 }
        for name in names { try entry(name, in: descriptor, prefix: prefix, depth: depth) }
    }

    private mutating func entry(
        _ name: [CChar],
        in parent: CInt,
        prefix: [UInt8],
        depth: UInt32
    ) throws(FileFailure) {
        var status = stat()
        // Gone meanwhile.
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        let path = prefix + SandboxPath(cString: name).bytes
        switch FileKind(mode: status.st_mode) {
        case .file: try file(name, in: parent, path: path, followsLinks: false)
        case .directory:
            let child = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if child < 0 && errno == ENOENT { return }
            guard child >= 0 else { throw failure(errno, path) }
            try count(path)
            sink.put(TreeEntry(kind: .directory, path: path, mode: UInt32(status.st_mode)).encoded())
            try directory(child, prefix: path + [UInt8(ascii: "/")], depth: depth + 1)
        case .symlink:
            try count(path)
            let target = FileStatus(status, name, in: parent).target?.bytes ?? []
            sink.put(TreeEntry(kind: .symlink, path: path, mode: UInt32(status.st_mode), target: target).encoded())
        case .fifo, .socket, .device: skipped += 1
        }
    }

    private mutating func file(
        _ name: [CChar],
        in parent: CInt,
        path: [UInt8],
        followsLinks: Bool
    ) throws(FileFailure) {
        let resolution = CLINUX_RESOLVE_NO_MAGICLINKS | (followsLinks ? 0 : CLINUX_RESOLVE_NO_SYMLINKS)
        let source = clinux_openat2(parent, name, UInt64(O_RDONLY | O_NONBLOCK | O_NOCTTY), 0, resolution)
        if source < 0 && errno == ENOENT { return }
        guard source >= 0 else { throw failure(errno, path) }
        defer { _ = close(source) }
        var status = stat()
        guard fstat(source, &status) == 0 else { throw failure(errno, path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            skipped += 1
            return
        }
        try count(path)
        let size = UInt64(status.st_size)
        guard size <= limits.fileBytes else { throw tooLarge(path, "a file of more than \(limits.fileBytes) bytes") }
        total += size
        guard total <= limits.totalBytes else { throw tooLarge(path, "more than \(limits.totalBytes) bytes in all") }
        let entry = TreeEntry(
            kind: .file,
            path: path,
            mode: UInt32(status.st_mode),
            size: size,
            contentBytes: size,
            modified: Int64(status.st_mtim.tv_sec)
        )
        sink.put(entry.encoded())
        try copy(source, count: size, path)
    }

    /// Exactly `count` bytes: a file that shrinks meanwhile is filled with zeros.
    private mutating func copy(_ source: CInt, count: UInt64, _ path: [UInt8]) throws(FileFailure) {
        var left = count
        var chunk = [UInt8](repeating: 0, count: 65536)
        while left > 0 {
            let wanted = Int(min(UInt64(chunk.count), left))
            let got = read(source, &chunk, wanted)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw failure(errno, path) }
            if got == 0 { chunk = [UInt8](repeating: 0, count: chunk.count) }
            let taken = got == 0 ? wanted : got
            sink.put(Array(chunk[..<taken]))
            left -= UInt64(taken)
        }
    }

    private mutating func count(_ path: [UInt8]) throws(FileFailure) {
        entries += 1
        guard entries <= limits.entries else { throw tooMany(path) }
    }

    private func tooMany(_ below: [UInt8]) -> FileFailure {
        tooLarge(below, "more than \(limits.entries) entries")
    }

    private func tooLarge(_ below: [UInt8], _ what: String) -> FileFailure {
        FileFailure(path: path.appending(below), reason: .limit(what))
    }

    private func failure(_ code: Int32, _ below: [UInt8]) -> FileFailure {
        FileFailure(path: path.appending(below), errno: code)
    }
}

extension SandboxPath {
    /// A path below this one.
    func appending(_ below: [UInt8]) -> SandboxPath {
        below.isEmpty ? self : SandboxPath(bytes: bytes + [UInt8(ascii: "/")] + below)
    }
}
