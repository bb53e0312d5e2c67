import CArchive
import Glibc

/// A root file system as a tar stream, with owners and all modes; blocking, for threads that may block.
package final class RootArchive {
    /// What has been written so far.
    package struct Progress: Sendable {
        package var entries = 0
        package var bytes: Int64 = 0
        /// Devices, FIFOs and sockets, which are left out.
        package var skipped = 0
    }

    private let root: [UInt8]
    private let archive: OpaquePointer
    /// Directories on others are mounts, such as /proc, and are packed empty.
    private let device: dev_t
    /// The first name of each file that has several, by its inode.
    private var firstNames: [ino_t: [UInt8]] = [:]
    private var progress = Progress()
    private let report: (Progress) -> Void

    /// Writes all of `directory` to `descriptor`, which stays open, in the order of the names.
    ///
    /// `report` is called now and then. The caller ignores SIGPIPE.
    package static func pack(
        _ directory: String,
        to descriptor: CInt,
        report: (Progress) -> Void = { _ in }
    ) throws(ArchiveError) {
        try withoutActuallyEscaping(report) { report throws(ArchiveError) in
            try RootArchive(directory, to: descriptor, report).packAll()
        }
    }

    private init(
        _ directory: String,
        to descriptor: CInt,
        _ report: @escaping (Progress) -> Void
    ) throws(ArchiveError) {
        var status = stat()
        guard stat(directory, &status) == 0 else { throw TreeWriter.failure(directory, "stat") }
        guard let archive = archive_write_new() else { throw .stream("libarchive cannot start") }
        self.archive = archive
        self.report = report
        root = Array(directory.utf8)
        device = status.st_dev
        // GNU tar keeps names as bytes; pax would convert them by the locale.
        archive_write_set_format_gnutar(archive)
        archive_write_set_bytes_in_last_block(archive, 1)
        guard archive_write_open_fd(archive, descriptor) == ARCHIVE_OK else {
            throw .stream(TreeArchive.reason(archive))
        }
    }

    deinit { archive_write_free(archive) }

    private func packAll() throws(ArchiveError) {
        do throws(ArchiveError) {
            try addContent(of: [], depth: 0)
        } catch {
            // Or the stream would get its end mark, and look whole.
            archive_write_fail(archive)
            throw error
        }
        guard archive_write_close(archive) == ARCHIVE_OK else { throw .stream(TreeArchive.reason(archive)) }
        report(progress)
    }

    private func addContent(of path: [UInt8], depth: Int) throws(ArchiveError) {
        guard depth < 128 else { throw .tooLarge("\(text(path)) lies more than 128 levels deep") }
        for name in try names(in: path) {
            try add(path.isEmpty ? name : path + [UInt8(ascii: "/")] + name, depth: depth + 1)
        }
    }

    private func add(_ path: [UInt8], depth: Int) throws(ArchiveError) {
        var status = stat()
        guard lstat(absolute(path), &status) == 0 else { throw TreeWriter.failure(text(path), "lstat") }
        guard let entry = archive_entry_new() else { throw .stream("memory ran out") }
        defer { archive_entry_free(entry) }
        archive_entry_copy_pathname(entry, cString(path))
        archive_entry_set_mode(entry, status.st_mode)
        archive_entry_set_uid(entry, Int64(status.st_uid))
        archive_entry_set_gid(entry, Int64(status.st_gid))
        archive_entry_set_mtime(entry, status.st_mtim.tv_sec, 0)
        progress.entries += 1
        if progress.entries % 256 == 0 { report(progress) }
        let kind = status.st_mode & S_IFMT
        if status.st_nlink > 1, kind == S_IFREG || kind == S_IFLNK {
            if let first = firstNames[status.st_ino] {
                archive_entry_set_filetype(entry, S_IFREG)
                archive_entry_copy_hardlink(entry, cString(first))
                return try writeHeader(entry)
            }
            firstNames[status.st_ino] = path
        }
        switch kind {
        case S_IFREG: try addFile(path, size: status.st_size, entry)
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: 4097)
            guard readlink(absolute(path), &target, 4096) >= 0 else { throw TreeWriter.failure(text(path), "readlink") }
            archive_entry_copy_symlink(entry, target)
            try writeHeader(entry)
        case S_IFDIR:
            try writeHeader(entry)
            if status.st_dev == device { try addContent(of: path, depth: depth) }
        default:
            progress.entries -= 1
            progress.skipped += 1
        }
    }

    private func addFile(_ path: [UInt8], size: Int, _ entry: OpaquePointer) throws(ArchiveError) {
        let file = open(absolute(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { throw TreeWriter.failure(text(path), "open") }
        defer { close(file) }
        archive_entry_set_size(entry, Int64(size))
        try writeHeader(entry)
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var left = size
        while left > 0 {
            let count = read(file, &buffer, min(left, buffer.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw TreeWriter.failure(text(path), "read") }
            guard count > 0 else { throw .file(path: text(path), call: "read", reason: "became shorter meanwhile") }
            guard archive_write_data(archive, buffer, count) == count else {
                throw .stream(TreeArchive.reason(archive))
            }
            left -= count
            progress.bytes += Int64(count)
            report(progress)
        }
    }

    private func writeHeader(_ entry: OpaquePointer) throws(ArchiveError) {
        // A name that the locale does not know is a warning: it is written as it is.
        guard archive_write_header(archive, entry) >= ARCHIVE_WARN else { throw .stream(TreeArchive.reason(archive)) }
    }

    // MARK: Names, which are bytes

    private func names(in path: [UInt8]) throws(ArchiveError) -> [[UInt8]] {
        guard let stream = opendir(absolute(path)) else { throw TreeWriter.failure(text(path), "opendir") }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [46], name != [46, 46] { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private func absolute(_ path: [UInt8]) -> [CChar] { cString(root + [UInt8(ascii: "/")] + path) }

    private func cString(_ path: [UInt8]) -> [CChar] { path.map { CChar(bitPattern: $0) } + [0] }

    private func text(_ path: [UInt8]) -> String {
        path.isEmpty ? String(decoding: root, as: UTF8.self) : String(decoding: path, as: UTF8.self)
    }
}
