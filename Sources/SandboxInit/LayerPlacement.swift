import Glibc
import SandboxPlan

/// What placing a layer of an image has to remember.
struct LayerPlacement {
    /// What the layer itself has brought, and the directories above: only lower layers' things are taken away by its marks.
    private(set) var placed: Set<[UInt8]> = []
    /// Directories of the layer, to be finished when nothing changes in them any more.
    var directories: [TreeEntry] = []
    /// Entries whose owner has no id here, and that root owns instead.
    var strangers: UInt64 = 0

    mutating func note(_ path: [UInt8]) {
        var path = path[...]
        while !path.isEmpty, placed.insert(Array(path)).inserted {
            path = path.lastIndex(of: UInt8(ascii: "/")).map { path[..<$0] } ?? []
        }
    }
}

/// Layers of images: owners and all mode bits are kept, and what is there gives way, as the image specification has it.
extension TreePlacer {
    mutating func placeOfLayer(_ entry: TreeEntry, _ name: [CChar], in parent: CInt) throws(FileFailure) {
        switch entry.kind {
        case .directory: try makeDirectoryOfLayer(name, in: parent, entry)
        case .file: try makeFile(name, in: parent, entry)
        case .symlink: try makeSymlink(name, in: parent, entry)
        case .hardlink: try makeHardLink(name, in: parent, entry)
        case .deleted:
            guard layer?.placed.contains(entry.path) != true else { return }
            return try clear(name, in: parent, entry)
        case .emptied: return try empty(name, in: parent, entry)
        case .other, .end: throw unplaceable(entry)
        }
        layer?.note(entry.path)
    }

    /// Removes what has an entry's name, whatever it is.
    func clearOfLayer(_ name: [CChar], in parent: CInt, _ entry: TreeEntry) throws(FileFailure) {
        do throws(FileFailure) {
            try TreeRemover.remove(name, in: parent, path: target.appending(entry.path), isRecursive: true)
        } catch {
            guard case .system(ENOENT) = error.reason else { throw error }
        }
    }

    /// Root owns what belongs to an id that does not exist here (EINVAL, see chown(2)): a user without subordinate ids has
    /// only one to give.
    mutating func own(_ result: CInt, _ entry: TreeEntry) throws(FileFailure) {
        guard result != 0 else { return }
        guard errno == EINVAL || errno == EPERM else { throw failure(errno, entry.path) }
        layer?.strangers += 1
    }

    /// Modes and times of directories, the deepest first.
    func finishLayer() throws(FileFailure) {
        for entry in (layer?.directories ?? []).reversed() {
            let directory: CInt
            do throws(FileFailure) {
                directory = try open(entry.path, O_RDONLY | O_DIRECTORY, at: entry.path)
            } catch {
                // A later entry of the same name has replaced it.
                continue
            }
            defer { _ = close(directory) }
            let time = timespec(tv_sec: Int(entry.modified), tv_nsec: 0)
            guard fchmod(directory, mode_t(entry.mode & 0o7777)) == 0, futimens(directory, [time, time]) == 0 else {
                throw failure(errno, entry.path)
            }
        }
    }

    private mutating func makeDirectoryOfLayer(
        _ name: [CChar],
        in parent: CInt,
        _ entry: TreeEntry
    ) throws(FileFailure) {
        if mkdirat(parent, name, 0o700) != 0 {
            var status = stat()
            guard errno == EEXIST, fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                throw failure(errno, entry.path)
            }
            if status.st_mode & S_IFMT != S_IFDIR {
                try clear(name, in: parent, entry)
                guard mkdirat(parent, name, 0o700) == 0 else { throw failure(errno, entry.path) }
            }
        }
        try own(fchownat(parent, name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW), entry)
        layer?.directories.append(entry)
    }

    private mutating func makeSymlink(_ name: [CChar], in parent: CInt, _ entry: TreeEntry) throws(FileFailure) {
        try clear(name, in: parent, entry)
        let leads = SandboxPath(bytes: entry.target).cString
        guard symlinkat(leads, parent, name) == 0 else { throw failure(errno, entry.path) }
        try own(fchownat(parent, name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW), entry)
        let time = timespec(tv_sec: Int(entry.modified), tv_nsec: 0)
        _ = utimensat(parent, name, [time, time], AT_SYMLINK_NOFOLLOW)
    }

    /// A second name for a file or a link beneath the top.
    private func makeHardLink(_ name: [CChar], in parent: CInt, _ entry: TreeEntry) throws(FileFailure) {
        guard entry.target != entry.path else { return }
        let slash = UInt8(ascii: "/")
        let parts = entry.target.split(separator: slash)
        let holder = Array(parts.dropLast().joined(separator: [slash]))
        let place = holder.isEmpty ? [UInt8(ascii: ".")] : holder
        let directory = try open(place, O_RDONLY | O_DIRECTORY, at: entry.target)
        defer { _ = close(directory) }
        let original = cString(Array(parts.last ?? []))
        var status = stat()
        guard fstatat(directory, original, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw failure(errno, entry.target)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw failure(EISDIR, entry.path) }
        try clear(name, in: parent, entry)
        guard linkat(directory, original, parent, name, 0) == 0 else { throw failure(errno, entry.path) }
    }

    /// Takes away what lower layers have in a directory.
    private func empty(_ name: [CChar], in parent: CInt, _ entry: TreeEntry) throws(FileFailure) {
        let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        // Nothing there, or no directory: nothing to take away.
        guard directory >= 0 else { return }
        defer { _ = close(directory) }
        try removeLowerEntries(of: directory, entry.path)
    }

    private func removeLowerEntries(of directory: CInt, _ path: [UInt8]) throws(FileFailure) {
        for name in try names(of: directory, path) {
            let below = path + [UInt8(ascii: "/")] + name
            if layer?.placed.contains(below) == true {
                // A directory of the layer's own may hold what is older.
                let next = openat(directory, cString(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                guard next >= 0 else { continue }
                defer { _ = close(next) }
                try removeLowerEntries(of: next, below)
            } else {
                let path = target.appending(below)
                try TreeRemover.remove(cString(name), in: directory, path: path, isRecursive: true)
            }
        }
    }
}
