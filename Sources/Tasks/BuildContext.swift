import CArchive
import Glibc

/// The files beside a Dockerfile, as COPY takes them.
package struct BuildContext: Sendable {
    private let directory: TaskDirectory

    /// - Throws: when there is no such directory.
    package init(_ path: String) throws(TaskError) {
        directory = try TaskDirectory(path)
    }

    /// Where COPY puts things: below `/`, all owned by one user.
    package struct Target: Sendable {
        /// Absolute.
        package var path: String
        /// It is a directory already, or the instruction says that it is to be one.
        package var isDirectory: Bool
        package var uid: UInt32
        package var gid: UInt32

        package init(path: String, isDirectory: Bool, uid: UInt32, gid: UInt32) {
            self.path = path
            self.isDirectory = isDirectory
            self.uid = uid
            self.gid = gid
        }
    }

    /// Writes a tar stream of what an instruction copies, with names from the root on, to a descriptor, which stays open.
    ///
    /// - Throws: `ArchiveError`, also when a source is not there.
    package func pack(_ copy: Dockerfile.Copy, as target: Target, to descriptor: CInt) throws(ArchiveError) {
        guard let archive = archive_write_new() else { throw .stream("libarchive cannot start") }
        defer { archive_write_free(archive) }
        archive_write_set_format_gnutar(archive)
        guard archive_write_open_fd(archive, descriptor) == ARCHIVE_OK else {
            throw .stream(TreeArchive.reason(archive))
        }
        var sources: [String] = []
        for pattern in copy.sources { sources += try find(pattern) }
        let packing = Packing(directory: directory, archive: archive, target: target, mode: copy.mode)
        let base = target.path.split(separator: "/").joined(separator: "/")
        let isInto = target.isDirectory || target.path.hasSuffix("/") || sources.count > 1
        for source in sources {
            let status = try packing.status(source)
            if status.st_mode & S_IFMT == S_IFDIR {
                try packing.addContent(of: source, at: base)
                continue
            }
            let name = source.split(separator: "/").last.map(String.init) ?? source
            guard !copy.isAdd || !Self.isArchive(name) else {
                throw .unsupportedEntry(
                    path: source,
                    kind: "file that ADD would unpack; use COPY, and RUN to unpack it"
                )
            }
            try packing.add(source, at: isInto ? (base.isEmpty ? name : base + "/" + name) : base)
        }
        guard archive_write_close(archive) == ARCHIVE_OK else { throw .stream(TreeArchive.reason(archive)) }
    }

    private static func isArchive(_ name: String) -> Bool {
        [".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst"].contains { name.hasSuffix($0) }
    }

    /// Relative paths that fit a pattern, of which each part is one for itself; at least one.
    private func find(_ pattern: String) throws(ArchiveError) -> [String] {
        let parts = pattern.split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else { throw .badName(pattern) }
        var found = [""]
        for part in parts {
            let glob = GlobPattern(part)
            var next: [String] = []
            for parent in found where directory.kind(of: parent) == .directory {
                let names: [String]
                do throws(TaskError) { names = try directory.names(in: parent) } catch {
                    throw .file(path: parent, call: "opendir", reason: "\(error)")
                }
                for name in names where name == part || glob.matches(name) {
                    next.append(parent.isEmpty ? name : parent + "/" + name)
                }
            }
            found = next
        }
        guard !found.isEmpty else {
            throw .file(path: pattern, call: "COPY", reason: "there is nothing of that name beside the Dockerfile")
        }
        return found
    }

    /// One run of `pack`.
    private struct Packing {
        let directory: TaskDirectory
        let archive: OpaquePointer
        let target: Target
        let mode: UInt32?

        func status(_ path: String) throws(ArchiveError) -> stat {
            var status = stat()
            guard lstat(directory.path + "/" + path, &status) == 0 else { throw TreeWriter.failure(path, "lstat") }
            return status
        }

        func addContent(of path: String, at place: String) throws(ArchiveError) {
            let names: [String]
            do throws(TaskError) { names = try directory.names(in: path) } catch {
                throw .file(path: path, call: "opendir", reason: "\(error)")
            }
            for name in names {
                try add(path.isEmpty ? name : path + "/" + name, at: place.isEmpty ? name : place + "/" + name)
            }
        }

        func add(_ path: String, at place: String) throws(ArchiveError) {
            let status = try status(path)
            guard let entry = archive_entry_new() else { throw .stream("memory ran out") }
            defer { archive_entry_free(entry) }
            archive_entry_set_pathname(entry, place)
            archive_entry_set_mode(entry, status.st_mode & S_IFMT | (mode ?? status.st_mode & 0o777))
            archive_entry_set_uid(entry, Int64(target.uid))
            archive_entry_set_gid(entry, Int64(target.gid))
            archive_entry_set_mtime(entry, status.st_mtim.tv_sec, 0)
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                archive_entry_set_size(entry, Int64(status.st_size))
                try writeHeader(entry)
                try writeContent(of: path, size: status.st_size)
            case S_IFLNK:
                var leads = [CChar](repeating: 0, count: 4097)
                guard readlink(directory.path + "/" + path, &leads, 4096) >= 0 else {
                    throw TreeWriter.failure(path, "readlink")
                }
                archive_entry_copy_symlink(entry, leads)
                try writeHeader(entry)
            case S_IFDIR:
                try writeHeader(entry)
                try addContent(of: path, at: place)
            default: throw .unsupportedEntry(path: path, kind: "device, socket or pipe")
            }
        }

        private func writeHeader(_ entry: OpaquePointer) throws(ArchiveError) {
            guard archive_write_header(archive, entry) >= ARCHIVE_WARN else {
                throw .stream(TreeArchive.reason(archive))
            }
        }

        private func writeContent(of path: String, size: Int) throws(ArchiveError) {
            let file = open(directory.path + "/" + path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { throw TreeWriter.failure(path, "open") }
            defer { close(file) }
            var buffer = [UInt8](repeating: 0, count: 65536)
            var left = size
            while left > 0 {
                let count = read(file, &buffer, min(left, buffer.count))
                if count < 0, errno == EINTR { continue }
                guard count > 0, archive_write_data(archive, buffer, count) == count else {
                    throw .file(path: path, call: "read", reason: "it could not be read to its end")
                }
                left -= count
            }
        }
    }
}
