import CArchive
import Glibc

/// What an archive may say about one entry, judged before anything is written.
struct ArchiveEntry {
    enum Kind: Equatable {
        case file(size: Int64)
        case directory
        case link(target: String)
    }

    /// The path's names; empty for the root itself.
    let names: [String]
    let kind: Kind
    let isExecutable: Bool
    /// Seconds since 1970.
    let modified: Int

    var path: String { names.joined(separator: "/") }

    /// Judges a header of libarchive's; see archive_entry_perms(3), archive_entry_paths(3).
    init(_ header: OpaquePointer, limits: ArchiveLimits) throws(ArchiveError) {
        guard let bytes = archive_entry_pathname(header) ?? archive_entry_pathname_utf8(header),
            let path = String(validatingCString: bytes)
        else { throw .badName("(not UTF-8)") }
        names = try Self.names(path, depth: limits.depth)
        // A hard link could give a name to a file that the archive did not bring.
        guard archive_entry_hardlink(header) == nil else { throw .unsupportedEntry(path: path, kind: "hard link") }
        isExecutable = archive_entry_perm(header) & 0o111 != 0
        modified = Int(archive_entry_mtime(header))
        switch archive_entry_filetype(header) {
        case S_IFREG: kind = .file(size: archive_entry_size(header))
        case S_IFDIR: kind = .directory
        case S_IFLNK:
            guard let bytes = archive_entry_symlink(header) ?? archive_entry_symlink_utf8(header),
                let target = String(validatingCString: bytes)
            else { throw .badName(path) }
            guard limits.escapingLinks || Self.staysInside(target, depth: names.count - 1) else {
                throw .escapingLink(path: path, target: target)
            }
            kind = .link(target: target)
        case S_IFCHR, S_IFBLK: throw .unsupportedEntry(path: path, kind: "device")
        case S_IFIFO: throw .unsupportedEntry(path: path, kind: "named pipe")
        case let type: throw .unsupportedEntry(path: path, kind: "file of type \(String(type, radix: 8))")
        }
        if names.isEmpty, kind != .directory { throw .badName(path) }
    }

    private static func names(_ path: String, depth: Int) throws(ArchiveError) -> [String] {
        var names = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
            String($0) ?? ""
        }
        if names.last == "" { names.removeLast() }
        if names.first == "." { names.removeFirst() }
        let good = names.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
        guard !path.isEmpty, good, names.count <= depth else { throw .badName(path) }
        return names
    }

    /// Whether a link `depth` directories below the root cannot lead out of it, whatever else the tree holds.
    ///
    /// `..` counts at the start only: behind a name that is itself a link, it would start from somewhere else.
    static func staysInside(_ target: String, depth: Int) -> Bool {
        guard !target.isEmpty, !target.hasPrefix("/"), target.utf8.count < 4096 else { return false }
        let names = target.utf8.split(separator: UInt8(ascii: "/")).map { String($0) ?? ".." }.filter { $0 != "." }
        let ascents = names.prefix { $0 == ".." }.count
        return ascents <= depth && !names.dropFirst(ascents).contains("..")
    }
}
