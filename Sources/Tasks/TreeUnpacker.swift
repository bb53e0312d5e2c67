import CArchive
import FoundationEssentials
import Glibc

extension TreeArchive {
    /// Unpacks a tar stream into `destination`, which must be absent or an empty directory; all of it or nothing.
    ///
    /// Reads `descriptor` to its end, blocking, and does not close it.
    /// Entries are judged one by one (`ArchiveEntry`) and written without following links (`TreeWriter`).
    package static func unpack(
        from descriptor: CInt,
        to destination: String,
        limits: ArchiveLimits = ArchiveLimits()
    ) throws(ArchiveError) {
        guard isFree(destination) else { throw .occupied(destination) }
        // Beside the destination, so that the rename stays on one file system.
        var template = Array((trimmed(destination) + ".partial-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw TreeWriter.failure(destination, "mkdtemp") }
        let partial = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        do throws(ArchiveError) {
            try unpackEntries(from: descriptor, into: partial, limits: limits)
            _ = chmod(partial, 0o755)
            // rename(2) replaces an empty directory and refuses any other.
            guard rename(partial, trimmed(destination)) == 0 else {
                let taken = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
                throw taken ? .occupied(destination) : TreeWriter.failure(destination, "rename")
            }
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    /// Absent, or a directory with nothing in it.
    private static func isFree(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return errno == ENOENT }
        guard let stream = opendir(path) else { return false }
        defer { closedir(stream) }
        var names = 0
        while readdir(stream) != nil { names += 1 }
        return names <= 2
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    private static func unpackEntries(
        from descriptor: CInt,
        into directory: String,
        limits: ArchiveLimits
    ) throws(ArchiveError) {
        guard let archive = archive_read_new() else { throw .stream("libarchive cannot start") }
        defer { archive_read_free(archive) }
        archive_read_support_format_tar(archive)
        guard archive_read_open_fd(archive, descriptor, 65536) == ARCHIVE_OK else { throw .stream(reason(archive)) }
        let writer = try TreeWriter(directory: directory)
        var budget = Budget(limits: limits)
        var header: OpaquePointer?
        while true {
            let status = archive_read_next_header(archive, &header)
            if status == ARCHIVE_EOF { break }
            guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let header else { throw .stream(reason(archive)) }
            let entry = try ArchiveEntry(header, limits: limits)
            try budget.count(entry)
            try writer.write(entry) { (file) throws(ArchiveError) in
                try copy(archive, to: file, path: entry.path, budget: &budget)
            }
        }
        guard archive_read_close(archive) == ARCHIVE_OK else { throw .stream(reason(archive)) }
        guard budget.entries > 0 else { throw .stream("it has no entries") }
        drain(descriptor)
    }

    /// What is left to spend.
    private struct Budget {
        let limits: ArchiveLimits
        var entries = 0
        var bytes: Int64 = 0

        init(limits: ArchiveLimits) {
            self.limits = limits
        }

        mutating func count(_ entry: ArchiveEntry) throws(ArchiveError) {
            entries += 1
            guard entries <= limits.entries else {
                throw .tooLarge("the archive has more than \(limits.entries) entries")
            }
            // The header may lie, so what is really there is counted too.
            if case .file(let size) = entry.kind, size > limits.bytes - bytes { throw tooLarge }
        }

        mutating func count(_ more: Int) throws(ArchiveError) {
            bytes += Int64(more)
            guard bytes <= limits.bytes else { throw tooLarge }
        }

        private var tooLarge: ArchiveError { .tooLarge("the archive has more than \(limits.bytes) bytes") }
    }

    private static func copy(
        _ archive: OpaquePointer,
        to file: CInt,
        path: String,
        budget: inout Budget
    ) throws(ArchiveError) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = archive_read_data(archive, &buffer, buffer.count)
            if count == 0 { return }
            guard count > 0 else { throw .stream(reason(archive)) }
            try budget.count(count)
            var written = 0
            while written < count {
                let step = buffer.withUnsafeBytes { bytes in
                    Glibc.write(file, bytes.baseAddress.map { $0 + written }, count - written)
                }
                if step < 0, errno == EINTR { continue }
                guard step > 0 else { throw TreeWriter.failure(path, "write") }
                written += step
            }
        }
    }

    /// Takes the padding that some writers add, so that they do not die of a broken pipe.
    private static func drain(_ descriptor: CInt) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        for _ in 0..<16 where Glibc.read(descriptor, &buffer, buffer.count) <= 0 { return }
    }

    static func reason(_ archive: OpaquePointer) -> String {
        archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
    }
}
