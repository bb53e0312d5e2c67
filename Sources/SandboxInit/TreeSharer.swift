import CLinux
import Glibc
import SandboxPlan

/// Makes a tree that shares the files of another one: a layer of an image is placed over the result, and replaces files
/// without writing to them.
struct TreeSharer {
    private let copy: SandboxPath

    /// The copy is made, or is there and empty; what was made of it stays after an error.
    static func share(_ path: SandboxPath, as copy: SandboxPath) throws(FileFailure) -> FileReply {
        let source = Glibc.open(try path.checkedCString(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard source >= 0 else { throw FileFailure(path: path, errno: errno) }
        defer { _ = close(source) }
        let name = try copy.checkedCString()
        guard mkdir(name, 0o700) == 0 || errno == EEXIST else { throw FileFailure(path: copy, errno: errno) }
        let target = Glibc.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard target >= 0 else { throw FileFailure(path: copy, errno: errno) }
        defer { _ = close(target) }
        return FileReply(count: try TreeSharer(copy: copy).share(source, target, []))
    }

    /// Depth is that of a tree that was placed, and so bounded.
    private func share(_ source: CInt, _ target: CInt, _ path: [UInt8]) throws(FileFailure) -> UInt64 {
        var count: UInt64 = 0
        for name in try names(of: source, path) {
            let below = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            let text = SandboxPath(bytes: name).cString
            var status = stat()
            guard fstatat(source, text, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw failure(below) }
            count += 1
            guard status.st_mode & S_IFMT == S_IFDIR else {
                guard linkat(source, text, target, text, 0) == 0 else { throw failure(below) }
                continue
            }
            let from = openat(source, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard from >= 0 else { throw failure(below) }
            defer { _ = close(from) }
            guard mkdirat(target, text, 0o700) == 0 else { throw failure(below) }
            let to = openat(target, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard to >= 0 else { throw failure(below) }
            defer { _ = close(to) }
            count += try share(from, to, below)
        }
        // Last: what is made in a directory changes its time.
        try take(source, target, path)
        return count
    }

    /// Owner, mode and time of a directory.
    private func take(_ source: CInt, _ target: CInt, _ path: [UInt8]) throws(FileFailure) {
        var status = stat()
        guard fstat(source, &status) == 0, fchown(target, status.st_uid, status.st_gid) == 0,
            fchmod(target, status.st_mode & 0o7777) == 0, futimens(target, [status.st_atim, status.st_mtim]) == 0
        else { throw failure(path) }
    }

    private func failure(_ path: [UInt8]) -> FileFailure {
        FileFailure(path: copy.appending(path), errno: errno)
    }

    private func names(of directory: CInt, _ path: [UInt8]) throws(FileFailure) -> [[UInt8]] {
        guard let names = directoryNames(directory) else { throw failure(path) }
        return names
    }
}

extension TreePlacer {
    /// The names in an open directory.
    func names(of directory: CInt, _ path: [UInt8]) throws(FileFailure) -> [[UInt8]] {
        guard let names = directoryNames(directory) else { throw failure(errno, path) }
        return names
    }
}

/// All names in an open directory, which is read from its beginning; nil with errno.
private func directoryNames(_ directory: CInt) -> [[UInt8]]? {
    let own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0 else { return nil }
    guard let listing = clinux_directory_open(own) else {
        _ = close(own)
        return nil
    }
    defer { clinux_directory_close(listing) }
    var names: [[UInt8]] = []
    while let next = clinux_directory_next(listing) {
        names.append(UnsafeRawBufferPointer(start: next, count: strlen(next)).map { $0 })
    }
    return errno == 0 ? names : nil
}
