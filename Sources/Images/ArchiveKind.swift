import CArchive
import Glibc

/// What a tar archive holds.
enum ArchiveKind {
    /// The files of one root file system.
    case rootFileSystem
    /// Images with layers and descriptions: an OCI layout, or what `docker save` writes.
    case images

    /// Told by the first names; nil when it is no tar archive.
    init?(beginning bytes: [UInt8]) {
        guard let archive = archive_read_new() else { return nil }
        defer { archive_read_free(archive) }
        archive_read_support_format_tar(archive)
        let kind = bytes.withUnsafeBytes { memory -> ArchiveKind? in
            guard archive_read_open_memory(archive, memory.baseAddress, memory.count) == ARCHIVE_OK else { return nil }
            var header: OpaquePointer?
            var kind: ArchiveKind?
            while case let status = archive_read_next_header(archive, &header),
                status == ARCHIVE_OK || status == ARCHIVE_WARN, let header
            {
                kind = kind ?? .rootFileSystem
                guard let name = archive_entry_pathname(header) else { continue }
                let path = String(cString: name)
                guard let first = path.split(separator: "/").first(where: { $0 != "." }) else { continue }
                return Self.isOfImages(first) ? .images : .rootFileSystem
            }
            return kind
        }
        guard let kind else { return nil }
        self = kind
    }

    private static func isOfImages(_ name: Substring) -> Bool {
        if ["blobs", "index.json", "oci-layout", "manifest.json", "repositories"].contains(name) { return true }
        let stem = name.hasSuffix(".json") ? name.dropLast(5) : name
        return stem.utf8.count == 64 && stem.allSatisfy(\.isHexDigit)
    }
}
