import CArchive
import Glibc

/// A tar stream of what COPY or ADD puts into an image, with names from the root on; blocking, for threads that may block.
///
/// It is placed by a process of the image's sandbox, which follows no link and refuses names that lead elsewhere: names of
/// archives are not judged here.
package final class CopyArchive {
    /// Where things are put.
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

    /// What was read out of another image: the tar stream of one file, or of all that is in a directory.
    package struct Part: Sendable {
        package var descriptor: CInt
        package var name: String
        package var isDirectory: Bool

        package init(descriptor: CInt, name: String, isDirectory: Bool) {
            self.descriptor = descriptor
            self.name = name
            self.isDirectory = isDirectory
        }
    }

    private let archive: OpaquePointer
    private let copy: Dockerfile.Copy
    private let target: Target
    /// Bytes that may still be written: what is packed small may be large.
    private var left: Int64 = 16 << 30

    /// Writes what was read out of another image; the descriptors stay open.
    package static func write(
        _ parts: [Part],
        of copy: Dockerfile.Copy,
        as target: Target,
        to descriptor: CInt
    ) throws(ArchiveError) {
        var target = target
        target.isDirectory = target.isDirectory || parts.count > 1
        let archive = try CopyArchive(copy, as: target, to: descriptor)
        for part in parts {
            let isArchive = try archive.addEntries(
                of: part.descriptor,
                at: part.isDirectory ? archive.root : archive.place(of: part.name),
                isTree: part.isDirectory,
                keepingOwners: false
            )
            // An empty directory has no entries.
            guard isArchive || part.isDirectory else { throw .stream("\(part.name) did not arrive") }
        }
        try archive.finish()
    }

    init(_ copy: Dockerfile.Copy, as target: Target, to descriptor: CInt) throws(ArchiveError) {
        guard let archive = archive_write_new() else { throw .stream("libarchive cannot start") }
        self.archive = archive
        self.copy = copy
        self.target = target
        // GNU tar keeps names as bytes; pax would convert them by the locale, which daemons do not set.
        archive_write_set_format_gnutar(archive)
        guard archive_write_open_fd(archive, descriptor) == ARCHIVE_OK else {
            throw .stream(TreeArchive.reason(archive))
        }
    }

    deinit { archive_write_free(archive) }

    /// The target as archives name it.
    var root: String { target.path.split(separator: "/").joined(separator: "/") }

    /// Where a file of that name comes to lie.
    func place(of name: String) -> String {
        guard target.isDirectory || target.path.hasSuffix("/") else { return root }
        return Self.join(root, name)
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : directory + "/" + name
    }

    /// Whether a name fits one part of a pattern of COPY.
    package static func fits(_ name: String, _ pattern: Substring) -> Bool {
        name[...] == pattern || GlobPattern(pattern).matches(name)
    }

    func finish() throws(ArchiveError) {
        guard archive_write_close(archive) == ARCHIVE_OK else { throw .stream(TreeArchive.reason(archive)) }
    }

    // MARK: Files of the context

    /// A file, directory or link of the context, as lstat(2) tells it.
    struct File {
        var mode: UInt32
        var modified: Int
        var size: Int
        /// Where a link leads.
        var lead: [CChar]?
    }

    /// Begins an entry; the content of a file follows.
    func begin(_ place: String, _ file: File) throws(ArchiveError) {
        guard let entry = archive_entry_new() else { throw .stream("memory ran out") }
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, place)
        archive_entry_set_mode(entry, file.mode & S_IFMT | (copy.mode ?? file.mode & 0o777))
        archive_entry_set_uid(entry, Int64(target.uid))
        archive_entry_set_gid(entry, Int64(target.gid))
        archive_entry_set_mtime(entry, file.modified, 0)
        if file.mode & S_IFMT == S_IFREG { archive_entry_set_size(entry, Int64(file.size)) }
        if let lead = file.lead { archive_entry_copy_symlink(entry, lead) }
        try write(header: entry)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        left -= Int64(bytes.count)
        guard left >= 0 else { throw .tooLarge("an instruction copies more than 16 GiB") }
        guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else {
            throw .stream(TreeArchive.reason(archive))
        }
    }

    private func write(header: OpaquePointer) throws(ArchiveError) {
        guard archive_write_header(archive, header) >= ARCHIVE_WARN else {
            throw .stream(TreeArchive.reason(archive))
        }
    }

    // MARK: Entries of other archives

    /// Adds what a tar archive has, packed or not, below `place`, or as it where that is of one file; false when it is none.
    func addEntries(
        of descriptor: CInt,
        at place: String,
        isTree: Bool,
        keepingOwners: Bool
    ) throws(ArchiveError) -> Bool {
        guard let source = archive_read_new() else { throw .stream("libarchive cannot start") }
        defer { archive_read_free(source) }
        archive_read_support_format_tar(source)
        // Not `archive_read_support_filter_all`: some of those start programs.
        for add in [
            archive_read_support_filter_gzip, archive_read_support_filter_zstd, archive_read_support_filter_xz,
            archive_read_support_filter_bzip2,
        ] { _ = add(source) }
        guard archive_read_open_fd(source, descriptor, 65536) == ARCHIVE_OK else { return false }
        var header: OpaquePointer?
        var isFirst = true
        while true {
            let status = archive_read_next_header(source, &header)
            if status == ARCHIVE_EOF { return !isFirst }
            guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let header else {
                if isFirst { return false }
                throw .stream(TreeArchive.reason(source))
            }
            isFirst = false
            try add(header, of: source, at: place, isTree: isTree, keepingOwners: keepingOwners)
        }
    }

    private func add(
        _ header: OpaquePointer,
        of source: OpaquePointer,
        at place: String,
        isTree: Bool,
        keepingOwners: Bool
    ) throws(ArchiveError) {
        guard let name = archive_entry_pathname(header) else { throw .badName("") }
        let path = isTree ? Self.inner(name, below: place) : place
        // The directory itself is there, or is made.
        guard path != place || !isTree else { return }
        archive_entry_set_pathname(header, path)
        if let link = archive_entry_hardlink(header) {
            archive_entry_set_hardlink(header, Self.inner(link, below: place))
        }
        if !keepingOwners {
            archive_entry_set_uid(header, Int64(target.uid))
            archive_entry_set_gid(header, Int64(target.gid))
        }
        archive_entry_copy_uname(header, nil)
        archive_entry_copy_gname(header, nil)
        if let mode = copy.mode { archive_entry_set_perm(header, mode) }
        try write(header: header)
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = archive_read_data(source, &buffer, buffer.count)
            guard count >= 0 else { throw .stream(TreeArchive.reason(source)) }
            if count == 0 { return }
            let written: Result<Void, ArchiveError> = buffer.withUnsafeBytes { bytes in
                do throws(ArchiveError) {
                    return .success(try write(UnsafeRawBufferPointer(rebasing: bytes[..<count])))
                } catch { return .failure(error) }
            }
            try written.get()
        }
    }

    /// A name within an archive from the image's root on, however it begins.
    private static func inner(_ name: UnsafePointer<CChar>, below place: String) -> String {
        String(cString: name).split(separator: "/").filter { $0 != "." }.reduce(place) { join($0, String($1)) }
    }
}
