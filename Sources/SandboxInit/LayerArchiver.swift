import CLinux
import Glibc
import SandboxPlan

/// Packs a directory of a layer into a tar stream, in the order of names: with owners, times to the nanosecond, second
/// names of files, holes, and the attributes that may be set inside (`user.`), overlay's marks among them.
///
/// The tree is untrusted, and does not change. However deep it is, one directory of it is open at a time: ".." leads back,
/// for nobody can move anything. Sockets have no place in a tar stream.
struct LayerArchiver {
    private let form: LayerArchive
    private let excluded: Set<[UInt8]>
    private var tar: TarStream
    /// Where files with several names were first met.
    private var files: [FileIdentity: [UInt8]] = [:]
    private var nameBytes = 0

    /// Of all paths together: each entry has its whole path, and an agent chooses how deep it lies.
    private static let maximumNameBytes = 1 << 30

    private struct FileIdentity: Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ status: stat) {
            (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    /// A directory whose entries are being packed.
    private struct Level {
        let names: [[CChar]]
        var next = 0
        /// How much of the path leads here, with its slash.
        let pathLength: Int
    }

    init(_ form: LayerArchive, to sink: CInt) {
        self.form = form
        excluded = Set(form.excluded.map { Array(("./" + $0).utf8) })
        tar = TarStream(sink)
    }

    consuming func pack() throws(ArchiveFailure) {
        var packer = self
        let flags = UInt64(O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let resolution = CLINUX_RESOLVE_NO_SYMLINKS | CLINUX_RESOLVE_NO_MAGICLINKS
        let top = clinux_openat2(AT_FDCWD, packer.form.directory, flags, 0, resolution)
        guard top >= 0 else { throw ArchiveFailure("open \(packer.form.directory)", errno: errno) }
        try packer.tree(top)
        try packer.tar.finish()
    }

    /// Consumes the descriptor.
    private mutating func tree(_ top: CInt) throws(ArchiveFailure) {
        var current = top
        defer { _ = close(current) }
        var path = Array("./".utf8)
        var status = stat()
        guard fstat(current, &status) == 0 else { throw failure("fstat", path) }
        try directory(current, path, status)
        var levels = [Level(names: try names(in: current, path), pathLength: path.count)]
        while var level = levels.popLast() {
            guard level.next < level.names.count else {
                guard let parent = levels.last else { break }
                try step("..", from: &current, path)
                path.removeSubrange(parent.pathLength...)
                continue
            }
            let name = level.names[level.next]
            level.next += 1
            levels.append(level)
            let own = path + SandboxPath(cString: name).bytes
            guard !excluded.contains(own) else { continue }
            guard fstatat(current, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw failure("stat", own) }
            nameBytes += own.count
            guard nameBytes <= Self.maximumNameBytes else {
                throw ArchiveFailure("more than \(Self.maximumNameBytes >> 20) MiB of paths")
            }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                try entry(name, in: current, own, status)
                continue
            }
            try step(name, from: &current, own)
            path = own + [UInt8(ascii: "/")]
            try directory(current, path, status)
            levels.append(Level(names: try names(in: current, path), pathLength: path.count))
        }
    }

    private func step(_ name: [CChar], from current: inout CInt, _ path: [UInt8]) throws(ArchiveFailure) {
        let next = openat(current, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard next >= 0 else { throw failure("open", path) }
        _ = close(current)
        current = next
    }

    private func step(_ name: String, from current: inout CInt, _ path: [UInt8]) throws(ArchiveFailure) {
        try step(Array(name.utf8CString), from: &current, path)
    }

    private func names(in directory: CInt, _ path: [UInt8]) throws(ArchiveFailure) -> [[CChar]] {
        let again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard again >= 0, let listing = clinux_directory_open(again) else { throw failure("open", path) }
        defer { clinux_directory_close(listing) }
        var names: [[CChar]] = []
        while let name = clinux_directory_next(listing) {
            names.append(Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)))
        }
        guard errno == 0 else { throw failure("readdir", path) }
        names.sort { left, right in strcmp(left, right) < 0 }
        return names
    }

    private mutating func directory(_ file: CInt, _ path: [UInt8], _ status: stat) throws(ArchiveFailure) {
        var member = TarMember(.directory, path, status)
        member.attributes = try attributes(of: file, path)
        try tar.begin(member)
    }

    private mutating func entry(
        _ name: [CChar],
        in parent: CInt,
        _ path: [UInt8],
        _ status: stat
    ) throws(ArchiveFailure) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: try file(name, in: parent, path, status)
        case S_IFLNK:
            var member = TarMember(.symlink, path, status)
            var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = clinux_readlink(parent, name, &target, target.count)
            guard count >= 0 else { throw failure("readlink", path) }
            member.target = Array(target[..<count])
            try tar.begin(member)
        case S_IFIFO where form.hasMarks: try tar.begin(TarMember(.fifo, path, status))
        case S_IFCHR where form.hasMarks, S_IFBLK where form.hasMarks:
            var member = TarMember(
                status.st_mode & S_IFMT == S_IFCHR ? .characterDevice : .blockDevice,
                path,
                status
            )
            member.device = (clinux_device_major(UInt64(status.st_rdev)), clinux_device_minor(UInt64(status.st_rdev)))
            try tar.begin(member)
        default: break
        }
    }

    private mutating func file(
        _ name: [CChar],
        in parent: CInt,
        _ path: [UInt8],
        _ status: stat
    ) throws(ArchiveFailure) {
        if status.st_nlink > 1 {
            if let first = files[FileIdentity(status)] {
                var member = TarMember(.hardlink, path, status)
                member.target = first
                return try tar.begin(member)
            }
            files[FileIdentity(status)] = path
        }
        let source = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard source >= 0 else { throw failure("open", path) }
        defer { _ = close(source) }
        var member = TarMember(.file, path, status)
        member.size = UInt64(status.st_size)
        member.attributes = try attributes(of: source, path)
        // In blocks of 512 bytes; see stat(2).
        if status.st_blocks * 512 < status.st_size { member.data = try extents(of: source, member.size, path) }
        try tar.begin(member)
        var length: UInt64 = 0
        for extent in member.data ?? [0..<member.size] {
            try copy(source, extent, path)
            length += extent.upperBound - extent.lowerBound
        }
        try tar.pad(after: length)
    }

    /// Where the file has data; see lseek(2), "Seeking file data and holes".
    private func extents(of file: CInt, _ size: UInt64, _ path: [UInt8]) throws(ArchiveFailure) -> [Range<UInt64>] {
        var extents: [Range<UInt64>] = []
        var end: off_t = 0
        while UInt64(end) < size {
            let begin = lseek(file, end, CLINUX_SEEK_DATA)
            // There is only a hole left.
            if begin < 0 && errno == ENXIO { break }
            guard begin >= 0 else { throw failure("lseek", path) }
            end = lseek(file, begin, CLINUX_SEEK_HOLE)
            guard end > begin else { throw failure("lseek", path) }
            extents.append(UInt64(begin)..<min(UInt64(end), size))
        }
        return extents
    }

    private mutating func copy(_ file: CInt, _ extent: Range<UInt64>, _ path: [UInt8]) throws(ArchiveFailure) {
        var position = extent.lowerBound
        while position < extent.upperBound {
            var chunk = [UInt8](repeating: 0, count: Int(min(extent.upperBound - position, 256 << 10)))
            let count = pread(file, &chunk, chunk.count, off_t(position))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            guard count > 0 else { throw ArchiveFailure("\(SandboxPath(bytes: path)) has become shorter") }
            chunk.removeSubrange(count...)
            try tar.put(chunk)
            position += UInt64(count)
        }
    }

    private func attributes(
        of file: CInt,
        _ path: [UInt8]
    ) throws(ArchiveFailure) -> [(name: [UInt8], value: [UInt8])] {
        let size = clinux_list_xattrs(file, nil, 0)
        // Without any, or on a file system that has none.
        guard size > 0 else { return [] }
        var list = [CChar](repeating: 0, count: size)
        let count = clinux_list_xattrs(file, &list, list.count)
        guard count >= 0 else { throw failure("flistxattr", path) }
        var attributes: [(name: [UInt8], value: [UInt8])] = []
        for name in list[..<count].split(separator: 0) where name.starts(with: "user.".utf8CString.dropLast()) {
            let text = Array(name) + [0]
            var value = [UInt8](repeating: 0, count: max(clinux_get_xattr(file, text, nil, 0), 0))
            guard clinux_get_xattr(file, text, &value, value.count) == value.count else {
                throw failure("fgetxattr", path)
            }
            attributes.append((SandboxPath(cString: text).bytes, value))
        }
        return attributes
    }

    private func failure(_ call: String, _ path: [UInt8]) -> ArchiveFailure {
        let code = errno
        return ArchiveFailure("\(call) \(SandboxPath(bytes: path))", errno: code)
    }
}

extension TarMember {
    fileprivate init(_ kind: Kind, _ path: [UInt8], _ status: stat) {
        self.init(kind: kind, path: path)
        mode = UInt32(status.st_mode)
        uid = status.st_uid
        gid = status.st_gid
        modified = status.st_mtim
    }
}
