import CLinux
import Glibc
import SandboxPlan

/// Removes a directory and everything in it, however deep, with two descriptors and never through a link.
struct TreeRemover {
    /// A directory on the way down.
    private struct Level {
        /// In its parent.
        let name: [CChar]
        let device: dev_t
        let inode: ino_t
        /// Directories in it that are still there.
        var directories: [[CChar]]
    }

    /// What was asked for, for errors.
    private let path: SandboxPath
    private var current: CInt
    private var levels: [Level] = []

    static func remove(_ path: SandboxPath, isRecursive: Bool) throws(FileFailure) {
        try remove(try path.checkedCString(), in: AT_FDCWD, path: path, isRecursive: isRecursive)
    }

    /// The same for a name in an open directory; `path` is for errors.
    static func remove(
        _ name: [CChar],
        in parent: CInt,
        path: SandboxPath,
        isRecursive: Bool
    ) throws(FileFailure) {
        if unlinkat(parent, name, 0) == 0 { return }
        guard errno == EISDIR || errno == EPERM else { throw FileFailure(path: path, errno: errno) }
        if unlinkat(parent, name, AT_REMOVEDIR) == 0 { return }
        guard isRecursive, errno == ENOTEMPTY || errno == EEXIST else { throw FileFailure(path: path, errno: errno) }
        var remover = TreeRemover(path: path)
        defer { if remover.current >= 0 { _ = close(remover.current) } }
        try remover.empty(name, in: parent)
        guard unlinkat(parent, name, AT_REMOVEDIR) == 0 else { throw FileFailure(path: path, errno: errno) }
    }

    private init(path: SandboxPath) {
        self.path = path
        current = -1
    }

    private mutating func empty(_ top: [CChar], in parent: CInt) throws(FileFailure) {
        try enter(top, from: parent)
        while true {
            guard let directory = levels[levels.count - 1].directories.popLast() else {
                if levels.count == 1 { return }
                try leave()
                continue
            }
            if unlinkat(current, directory, AT_REMOVEDIR) == 0 { continue }
            guard errno == ENOTEMPTY || errno == EEXIST else { throw failure(errno, at: directory) }
            try enter(directory, from: current)
        }
    }

    /// Goes down one directory and removes everything in it but directories.
    private mutating func enter(_ name: [CChar], from parent: CInt) throws(FileFailure) {
        let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { throw failure(errno, at: name) }
        if current >= 0 { _ = close(current) }
        current = directory
        var status = stat()
        let copy = fcntl(directory, F_DUPFD_CLOEXEC, 3)
        guard fstat(directory, &status) == 0, copy >= 0, let listing = clinux_directory_open(copy) else {
            throw failure(errno, at: name)
        }
        defer { clinux_directory_close(listing) }
        var level = Level(name: name, device: status.st_dev, inode: status.st_ino, directories: [])
        while let next = clinux_directory_next(listing) {
            let entry = Array(UnsafeBufferPointer(start: next, count: strlen(next) + 1))
            if unlinkat(directory, entry, 0) == 0 || errno == ENOENT { continue }
            guard errno == EISDIR || errno == EPERM else { throw failure(errno, at: entry) }
            level.directories.append(entry)
        }
        levels.append(level)
    }

    /// Goes back up, and removes what it comes from.
    ///
    /// Somebody inside may have moved the directory meanwhile: its parent must be the one that it was entered from.
    private mutating func leave() throws(FileFailure) {
        guard let left = levels.popLast(), let expected = levels.last else { return }
        let parent = openat(current, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw failure(errno, at: left.name) }
        _ = close(current)
        current = parent
        var status = stat()
        guard fstat(parent, &status) == 0, status.st_dev == expected.device, status.st_ino == expected.inode else {
            throw FileFailure(path: path, reason: .refused("a directory in it was moved while it was being removed"))
        }
        guard unlinkat(parent, left.name, AT_REMOVEDIR) == 0 else { throw failure(errno, at: left.name) }
    }

    private func failure(_ code: Int32, at name: [CChar]) -> FileFailure {
        guard levels.count > 0 else { return FileFailure(path: path, errno: code) }
        let names = levels.dropFirst().map { SandboxPath(cString: $0.name).bytes } + [SandboxPath(cString: name).bytes]
        let below = Array(names.joined(separator: [UInt8(ascii: "/")]))
        return FileFailure(path: SandboxPath(bytes: path.bytes + [UInt8(ascii: "/")] + below), errno: code)
    }
}
