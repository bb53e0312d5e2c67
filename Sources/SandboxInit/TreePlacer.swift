import CLinux
import Glibc
import SandboxPlan

/// Places a stream of entries below a directory, merging with what is there, and through no link.
///
/// Neither a link that somebody inside has planted nor one of the stream itself leads outside: every directory on the way
/// is resolved beneath the top without links; what has an entry's name is replaced, and never written through. The way to the
/// top itself is the caller's word, and resolved like every other path of theirs: see `FileWorker`.
struct TreePlacer {
    let target: SandboxPath
    private let top: CInt
    private var records: TreeRecords
    /// The directory of the last entry: most entries share it with the one before.
    private var parent: (path: [UInt8], descriptor: CInt)?
    /// Modes of new directories that would keep their own content out, to be set at the end.
    private var lateModes: [(path: [UInt8], mode: mode_t)] = []
    /// What is special about layers of images; nil for everything else.
    var layer: LayerPlacement?

    /// A target that is missing is made; one that is a link is refused.
    static func place(
        at path: SandboxPath,
        from source: CInt,
        asLayer layer: LayerPlacement? = nil
    ) throws(FileFailure) -> FileReply {
        // "link/" would follow the link.
        var target = path
        while target.bytes.count > 1, target.bytes.last == UInt8(ascii: "/") { target.bytes.removeLast() }
        let name = try target.checkedCString()
        try makeParents(of: target)
        _ = mkdir(name, 0o755)
        let top = Glibc.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard top >= 0 else { throw FileFailure(path: target, errno: errno) }
        var placer = TreePlacer(target: target, top: top, records: TreeRecords(source), layer: layer)
        let count = try placer.placeAll()
        return FileReply(count: placer.layer?.strangers ?? count)
    }

    private init(target: SandboxPath, top: CInt, records: TreeRecords, layer: LayerPlacement?) {
        self.target = target
        self.top = top
        self.records = records
        self.layer = layer
    }

    private mutating func placeAll() throws(FileFailure) -> UInt64 {
        var count: UInt64 = 0
        while true {
            guard let entry = records.next() else {
                throw FileFailure(path: target, reason: .refused("the stream of files ended in the middle"))
            }
            if entry.kind == .end { break }
            try place(entry)
            count += 1
        }
        for (path, mode) in lateModes.reversed() {
            let directory = try open(path, O_RDONLY | O_DIRECTORY, at: path)
            defer { _ = close(directory) }
            guard fchmod(directory, mode) == 0 else { throw failure(errno, path) }
        }
        try finishLayer()
        return count
    }

    private mutating func place(_ entry: TreeEntry) throws(FileFailure) {
        let parts = entry.path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let last = parts.last, !parts.contains(where: { $0.isEmpty || $0.elementsEqual(".".utf8) }),
            !parts.contains(where: { $0.elementsEqual("..".utf8) }), !entry.path.contains(0)
        else {
            throw FileFailure(path: SandboxPath(bytes: entry.path), reason: .refused("not a path below the target"))
        }
        let name = SandboxPath(bytes: Array(last)).cString
        let directory = try enter(Array(parts.dropLast().joined(separator: [UInt8(ascii: "/")])), for: entry.path)
        if layer != nil { return try placeOfLayer(entry, name, in: directory) }
        switch entry.kind {
        case .directory: try makeDirectory(name, in: directory, entry)
        case .file: try makeFile(name, in: directory, entry)
        case .symlink:
            try clear(name, in: directory, entry)
            let leads = SandboxPath(bytes: entry.target).cString
            guard symlinkat(leads, directory, name) == 0 else { throw failure(errno, entry.path) }
        case .hardlink: try makeLink(name, in: directory, entry)
        case .deleted, .emptied, .other, .end: throw unplaceable(entry)
        }
    }

    // MARK: Finding the way

    func unplaceable(_ entry: TreeEntry) -> FileFailure {
        FileFailure(path: target.appending(entry.path), reason: .refused("not a file, directory or link"))
    }

    /// The directory at a path beneath the top, made where it is missing; valid until the next call.
    private mutating func enter(_ path: [UInt8], for entry: [UInt8]) throws(FileFailure) -> CInt {
        guard !path.isEmpty else { return top }
        if let parent, parent.path == path { return parent.descriptor }
        if let parent { _ = close(parent.descriptor) }
        parent = nil
        var descriptor = clinux_openat2(top, cString(path), UInt64(O_RDONLY | O_DIRECTORY), 0, Self.beneath)
        if descriptor < 0 && errno == ENOENT {
            try makeMissing(path, for: entry)
            descriptor = clinux_openat2(top, cString(path), UInt64(O_RDONLY | O_DIRECTORY), 0, Self.beneath)
        }
        guard descriptor >= 0 else { throw failure(errno, entry) }
        parent = (path, descriptor)
        return descriptor
    }

    private func makeMissing(_ path: [UInt8], for entry: [UInt8]) throws(FileFailure) {
        var current = fcntl(top, F_DUPFD_CLOEXEC, 3)
        defer { _ = close(current) }
        for part in path.split(separator: UInt8(ascii: "/")) {
            let name = cString(Array(part))
            _ = mkdirat(current, name, 0o755)
            let next = openat(current, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { throw failure(errno, entry) }
            _ = close(current)
            current = next
        }
    }

    /// Opens something that is there, beneath the top.
    func open(_ path: [UInt8], _ flags: CInt, at entry: [UInt8]) throws(FileFailure) -> CInt {
        let descriptor = clinux_openat2(top, cString(path), UInt64(flags | O_NONBLOCK), 0, Self.beneath)
        guard descriptor >= 0 else { throw failure(errno, entry) }
        return descriptor
    }

    private static let beneath =
        CLINUX_RESOLVE_BENEATH | CLINUX_RESOLVE_NO_SYMLINKS | CLINUX_RESOLVE_NO_MAGICLINKS

    /// Makes room for a new file or link: what has its name goes, unless it is a directory.
    func clear(_ name: [CChar], in directory: CInt, _ entry: TreeEntry) throws(FileFailure) {
        if layer != nil { return try clearOfLayer(name, in: directory, entry) }
        guard unlinkat(directory, name, 0) == 0 || errno == ENOENT else { throw failure(errno, entry.path) }
    }

    // MARK: Making things

    private mutating func makeDirectory(_ name: [CChar], in parent: CInt, _ entry: TreeEntry) throws(FileFailure) {
        let mode = mode_t(entry.mode & 0o777)
        if mkdirat(parent, name, mode | 0o700) == 0 {
            if mode & 0o700 != 0o700 { lateModes.append((entry.path, mode)) }
            return
        }
        let code = errno
        var status = stat()
        guard code == EEXIST, fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw failure(code, entry.path)
        }
        // One that is there keeps its mode and its owner.
        guard status.st_mode & S_IFMT == S_IFDIR else { throw failure(ENOTDIR, entry.path) }
    }

    mutating func makeFile(_ name: [CChar], in parent: CInt, _ entry: TreeEntry) throws(FileFailure) {
        let file = try create(name, in: parent, entry)
        defer { _ = close(file) }
        var left = entry.contentBytes
        while left > 0 {
            let chunk = records.content(atMost: left)
            guard !chunk.isEmpty else {
                throw FileFailure(path: target, reason: .refused("the stream of files ended in the middle"))
            }
            try write(chunk, to: file, entry)
            left -= UInt64(chunk.count)
        }
        try finish(file, entry)
    }

    private func create(_ name: [CChar], in parent: CInt, _ entry: TreeEntry) throws(FileFailure) -> CInt {
        try clear(name, in: parent, entry)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        let file = clinux_openat2(parent, name, UInt64(flags), 0o600, Self.beneath)
        guard file >= 0 else { throw failure(errno, entry.path) }
        return file
    }

    private func write(_ bytes: ArraySlice<UInt8>, to file: CInt, _ entry: TreeEntry) throws(FileFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(errno, entry.path) }
            rest = rest.dropFirst(count)
        }
    }

    private mutating func finish(_ file: CInt, _ entry: TreeEntry) throws(FileFailure) {
        // First: a change of the owner takes away set-user-ID.
        if layer != nil { try own(fchown(file, entry.uid, entry.gid), entry) }
        let time = timespec(tv_sec: Int(entry.modified), tv_nsec: 0)
        let mode = mode_t(entry.mode & (layer == nil ? 0o777 : 0o7777))
        guard fchmod(file, mode) == 0, futimens(file, [time, time]) == 0 else {
            throw failure(errno, entry.path)
        }
    }

    /// A second name for a regular file beneath the top, or a copy of it where the kernel refuses one.
    private mutating func makeLink(_ name: [CChar], in parent: CInt, _ entry: TreeEntry) throws(FileFailure) {
        guard entry.target != entry.path else { return }
        let original = try open(entry.target, O_RDONLY | O_NOCTTY, at: entry.target)
        defer { _ = close(original) }
        var status = stat()
        guard fstat(original, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FileFailure(path: target.appending(entry.path), reason: .refused("a hard link to what is no file"))
        }
        let parts = entry.target.split(separator: UInt8(ascii: "/"))
        let holder = Array(parts.dropLast().joined(separator: [UInt8(ascii: "/")]))
        let directory = try open(
            holder.isEmpty ? [UInt8(ascii: ".")] : holder,
            O_RDONLY | O_DIRECTORY,
            at: entry.target
        )
        defer { _ = close(directory) }
        try clear(name, in: parent, entry)
        if linkat(directory, cString(Array(parts.last ?? [])), parent, name, 0) == 0 { return }
        var copy = entry
        copy.mode = UInt32(status.st_mode)
        copy.modified = Int64(status.st_mtim.tv_sec)
        let file = try create(name, in: parent, copy)
        defer { _ = close(file) }
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = getSome(&chunk, from: original)
            guard count >= 0 else { throw failure(errno, entry.path) }
            if count == 0 { break }
            try write(chunk[..<count], to: file, entry)
        }
        try finish(file, copy)
    }

    func cString(_ path: [UInt8]) -> [CChar] {
        SandboxPath(bytes: path).cString
    }

    func failure(_ code: Int32, _ below: [UInt8]) -> FileFailure {
        FileFailure(path: target.appending(below), errno: code)
    }
}

/// The records of a stream and the content between them, read ahead by one buffer.
private struct TreeRecords {
    private let source: CInt
    private var buffer = [UInt8](repeating: 0, count: 65536)
    private var unread: Range<Int> = 0..<0

    init(_ source: CInt) {
        self.source = source
    }

    /// The next record; nil when the stream has ended or makes no sense.
    mutating func next() -> TreeEntry? {
        guard let header = take(4) else { return nil }
        let length = header.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= 1 << 16, let record = take(length) else { return nil }
        return try? TreeEntry(decoding: record)
    }

    /// Some of the content that follows a record; empty at the end of the stream.
    mutating func content(atMost limit: UInt64) -> ArraySlice<UInt8> {
        guard fill() else { return [] }
        let count = Int(min(UInt64(unread.count), limit))
        defer { unread = unread.lowerBound + count..<unread.upperBound }
        return buffer[unread.lowerBound..<unread.lowerBound + count]
    }

    private mutating func take(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let some = content(atMost: UInt64(count - bytes.count))
            guard !some.isEmpty else { return nil }
            bytes += some
        }
        return bytes
    }

    private mutating func fill() -> Bool {
        if !unread.isEmpty { return true }
        let count = getSome(&buffer, from: source)
        guard count > 0 else { return false }
        unread = 0..<count
        return true
    }
}
