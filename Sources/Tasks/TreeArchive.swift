import CArchive
import Glibc

/// Directory trees as tar streams, through descriptors; blocking, for threads that may block.
package enum TreeArchive {
    /// Writes all of `directory` as a tar stream to `descriptor`, which stays open; the order is that of the names.
    ///
    /// Files, directories and symbolic links are written with their mode and time, without owners.
    /// The caller ignores SIGPIPE.
    package static func pack(
        _ directory: String,
        to descriptor: CInt,
        limits: ArchiveLimits = ArchiveLimits()
    ) throws(ArchiveError) {
        try pack(directory, only: nil, to: descriptor, limits: limits)
    }

    /// The same for the named entries of the root only; those that are absent are skipped.
    static func pack(
        _ directory: String,
        only names: [String]?,
        to descriptor: CInt,
        limits: ArchiveLimits
    ) throws(ArchiveError) {
        guard let archive = archive_write_new() else { throw .stream("libarchive cannot start") }
        defer { archive_write_free(archive) }
        // GNU tar keeps names as bytes; pax would convert them by the locale, which daemons do not set.
        archive_write_set_format_gnutar(archive)
        guard archive_write_open_fd(archive, descriptor) == ARCHIVE_OK else { throw .stream(reason(archive)) }
        var packing = Packing(root: directory, archive: archive, limits: limits)
        var wanted = names.map { $0.filter(packing.exists) } ?? []
        if names == nil { wanted = try packing.names(in: "") }
        for name in wanted { try packing.add(name, depth: 1) }
        guard archive_write_close(archive) == ARCHIVE_OK else { throw .stream(reason(archive)) }
    }

    /// One run of `pack`.
    private struct Packing {
        let root: String
        let archive: OpaquePointer
        let limits: ArchiveLimits
        var entries = 0
        var bytes: Int64 = 0

        init(root: String, archive: OpaquePointer, limits: ArchiveLimits) {
            self.root = root
            self.archive = archive
            self.limits = limits
        }

        func exists(_ path: String) -> Bool {
            var status = stat()
            return lstat(root + "/" + path, &status) == 0
        }

        func names(in path: String) throws(ArchiveError) -> [String] {
            do throws(TaskError) {
                return try TaskDirectory(root + "/" + path).names(in: "")
            } catch {
                throw .file(path: path.isEmpty ? root : path, call: "opendir", reason: "\(error)")
            }
        }

        mutating func add(_ path: String, depth: Int) throws(ArchiveError) {
            entries += 1
            guard entries <= limits.entries else { throw .tooLarge("there are more than \(limits.entries) entries") }
            guard depth <= limits.depth else { throw .tooLarge("\(path) lies more than \(limits.depth) levels deep") }
            var status = stat()
            guard lstat(root + "/" + path, &status) == 0 else { throw TreeWriter.failure(path, "lstat") }
            guard let entry = archive_entry_new() else { throw .stream("memory ran out") }
            defer { archive_entry_free(entry) }
            archive_entry_set_pathname(entry, path)
            archive_entry_set_mode(entry, status.st_mode & (S_IFMT | 0o777))
            archive_entry_set_mtime(entry, status.st_mtim.tv_sec, 0)
            switch status.st_mode & S_IFMT {
            case S_IFREG: try addFile(path, size: status.st_size, entry)
            case S_IFLNK: try addLink(path, depth: depth, entry)
            case S_IFDIR:
                try writeHeader(entry)
                for name in try names(in: path) { try add(path + "/" + name, depth: depth + 1) }
            default: throw .unsupportedEntry(path: path, kind: "device, socket or pipe")
            }
        }

        private func addLink(_ path: String, depth: Int, _ entry: OpaquePointer) throws(ArchiveError) {
            var buffer = [CChar](repeating: 0, count: 4097)
            let length = readlink(root + "/" + path, &buffer, 4096)
            guard length >= 0 else { throw TreeWriter.failure(path, "readlink") }
            let target = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard limits.escapingLinks || ArchiveEntry.staysInside(target, depth: depth - 1) else {
                throw .escapingLink(path: path, target: target)
            }
            archive_entry_set_symlink(entry, target)
            try writeHeader(entry)
        }

        private mutating func addFile(_ path: String, size: Int, _ entry: OpaquePointer) throws(ArchiveError) {
            bytes += Int64(size)
            guard bytes <= limits.bytes else { throw .tooLarge("there are more than \(limits.bytes) bytes") }
            let file = open(root + "/" + path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard file >= 0 else { throw TreeWriter.failure(path, "open") }
            defer { close(file) }
            archive_entry_set_size(entry, Int64(size))
            try writeHeader(entry)
            var buffer = [UInt8](repeating: 0, count: 65536)
            var left = size
            while left > 0 {
                let count = read(file, &buffer, min(left, buffer.count))
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw TreeWriter.failure(path, "read") }
                guard count > 0 else { throw .file(path: path, call: "read", reason: "became shorter meanwhile") }
                guard archive_write_data(archive, buffer, count) == count else { throw .stream(reason(archive)) }
                left -= count
            }
        }

        private func writeHeader(_ entry: OpaquePointer) throws(ArchiveError) {
            guard archive_write_header(archive, entry) == ARCHIVE_OK else { throw .stream(reason(archive)) }
        }
    }
}
