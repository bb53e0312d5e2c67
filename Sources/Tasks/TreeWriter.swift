import CArchive
import Glibc

/// Writes judged entries below one new directory, by descriptor, never through a symbolic link.
struct TreeWriter: ~Copyable {
    private let root: CInt

    /// Opens a directory that nobody else writes to.
    init(directory: String) throws(ArchiveError) {
        root = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard root >= 0 else { throw Self.failure(directory, "open") }
    }

    deinit {
        close(root)
    }

    /// Makes the entry, and the directories above it that the archive did not name.
    ///
    /// `content` is handed the descriptor of a new regular file, to fill it.
    func write(_ entry: ArchiveEntry, content: (CInt) throws(ArchiveError) -> Void) throws(ArchiveError) {
        guard let name = entry.names.last else { return }
        let parent = try openParent(of: entry)
        defer { close(parent) }
        switch entry.kind {
        case .directory:
            guard Self.makeDirectory(name, in: parent) || isDirectory(name, in: parent) else {
                throw errno == EEXIST ? .collision(entry.path) : Self.failure(entry.path, "mkdir")
            }
        case .link(let target):
            guard symlinkat(target, parent, name) == 0 else {
                throw errno == EEXIST ? .collision(entry.path) : Self.failure(entry.path, "symlink")
            }
        case .file:
            // The archive's owner and its set-user bits are dropped: only the execute bit means something here.
            let mode: mode_t = entry.isExecutable ? 0o755 : 0o644
            let file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
            guard file >= 0 else {
                throw errno == EEXIST ? .collision(entry.path) : Self.failure(entry.path, "open")
            }
            defer { close(file) }
            try content(file)
            _ = fchmod(file, mode)
            let time = timespec(tv_sec: max(0, entry.modified), tv_nsec: 0)
            _ = futimens(file, [time, time])
        }
    }

    private func openParent(of entry: ArchiveEntry) throws(ArchiveError) -> CInt {
        var current = fcntl(root, F_DUPFD_CLOEXEC, 0)
        guard current >= 0 else { throw Self.failure(entry.path, "dup") }
        for name in entry.names.dropLast() {
            _ = Self.makeDirectory(name, in: current)
            let next = openat(current, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let code = errno
            close(current)
            guard next >= 0 else {
                errno = code
                throw code == ENOTDIR || code == ELOOP ? .collision(entry.path) : Self.failure(entry.path, "open")
            }
            current = next
        }
        return current
    }

    /// False when it was not made; true only for a new directory, readable for all whatever the umask is.
    private static func makeDirectory(_ name: String, in parent: CInt) -> Bool {
        mkdirat(parent, name, 0o755) == 0 && fchmodat(parent, name, 0o755, 0) == 0
    }

    private func isDirectory(_ name: String, in parent: CInt) -> Bool {
        let code = errno
        var status = stat()
        let found = fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFDIR
        errno = code
        return found
    }

    static func failure(_ path: String, _ call: String) -> ArchiveError {
        .file(path: path, call: call, reason: String(cString: strerror(errno)))
    }
}
