/// Why a tree could not be packed or unpacked; an unpacking that fails leaves nothing behind.
package enum ArchiveError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A system call on a file of the tree failed.
    case file(path: String, call: String, reason: String)
    /// The stream is no tar archive, or ends early.
    case stream(String)
    /// A name that is absolute, has `..` or an empty part, is not UTF-8, or lies too deep.
    case badName(String)
    /// Neither a regular file nor a directory nor a symbolic link: `path`, and what it is.
    case unsupportedEntry(path: String, kind: String)
    /// A symbolic link that could lead out of the tree.
    case escapingLink(path: String, target: String)
    /// The same name twice, or below something that is no directory.
    case collision(String)
    /// More than `ArchiveLimits` allow; the text names the limit.
    case tooLarge(String)
    /// The place to unpack to is in use.
    case occupied(String)

    package var description: String {
        switch self {
        case .file(let path, let call, let reason): "\(path): \(call): \(reason)"
        case .stream(let reason): "the tar stream is broken: \(reason)"
        case .badName(let name): "the name '\(name)' is not a relative path without '..'; nothing was unpacked"
        case .unsupportedEntry(let path, let kind):
            "\(path) is a \(kind); only files, directories and symbolic links can be sent: remove it"
        case .escapingLink(let path, let target):
            "the link \(path) -> \(target) could lead out of its directory; replace it by the file it means"
        case .collision(let path): "\(path) is there twice, or below something that is no directory"
        case .tooLarge(let what): "\(what); move what is not needed out of the directory"
        case .occupied(let path): "\(path) exists and is not an empty directory; name another, or empty it"
        }
    }
}

/// What a tree may have, so that a stream cannot fill the disk.
package struct ArchiveLimits: Sendable {
    package var entries: Int
    /// Bytes of all files together, holes of sparse ones counted as well.
    package var bytes: Int64
    /// Names from the root to the deepest entry.
    package var depth: Int

    /// Symbolic links may lead out of the tree: only for readers that follow none.
    package var escapingLinks: Bool

    package init(
        entries: Int = 50_000,
        bytes: Int64 = 4 << 30,
        depth: Int = 32,
        escapingLinks: Bool = false
    ) {
        self.escapingLinks = escapingLinks
        self.entries = entries
        self.bytes = bytes
        self.depth = depth
    }

    /// For results: what agents left in them was bounded trial by trial when it was kept, and must not stand in the way of
    /// a whole job.
    package static let results = ArchiveLimits(entries: 100_000_000, bytes: 1 << 42, depth: 128)
}
