import Glibc

/// Copies a directory by descriptors: regular files and directories only, no link followed, names taken as bytes.
///
/// What is copied was collected from a sandbox, so names and kinds are the agent's choice.
struct FileTree {
    /// Directories nested deeper than this are left out, so that descriptors cannot run out.
    private static let maximumDepth = 64

    /// Entries that were left out: links, devices, sockets, and what lay too deep.
    private(set) var skipped = 0

    /// Copies what is in `source`, but for the names in `except`, into `target`, which is made when it does not exist.
    mutating func copy(_ source: String, to target: String, except: Set<String> = []) throws(StoreError) {
        try FileOperations.makeDirectory(target)
        let from = open(source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard from >= 0 else { throw .lastFile("open", source) }
        let to = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard to >= 0 else {
            let error = StoreError.lastFile("open", target)
            close(from)
            throw error
        }
        defer { close(to) }
        try copy(from, to: to, except: except, depth: 0, place: source)
    }

    /// Takes over `from`.
    private mutating func copy(
        _ from: CInt,
        to: CInt,
        except: Set<String> = [],
        depth: Int,
        place: String
    ) throws(StoreError) {
        guard let stream = fdopendir(from) else {
            let error = StoreError.lastFile("read", place)
            close(from)
            throw error
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            // The name is copied: the next readdir overwrites it.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                Array(bytes.bindMemory(to: CChar.self).prefix { $0 != 0 }) + [0]
            }
            if name == [0x2e, 0] || name == [0x2e, 0x2e, 0] { continue }
            if except.contains(String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)) {
                skipped += 1
                continue
            }
            try copy(entry: name, of: from, to: to, depth: depth, place: place)
        }
    }

    private mutating func copy(
        entry name: [CChar],
        of from: CInt,
        to: CInt,
        depth: Int,
        place: String
    ) throws(StoreError) {
        var status = stat()
        guard fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw .lastFile("stat a file in", place) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR where depth < Self.maximumDepth:
            let inner = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard inner >= 0 else { throw .lastFile("open a directory in", place) }
            guard mkdirat(to, name, 0o755) == 0 || errno == EEXIST else {
                let error = StoreError.lastFile("create a directory for", place)
                close(inner)
                throw error
            }
            let copied = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard copied >= 0 else {
                let error = StoreError.lastFile("open a copy for", place)
                close(inner)
                throw error
            }
            defer { close(copied) }
            try copy(inner, to: copied, depth: depth + 1, place: place)
        case S_IFREG:
            let source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard source >= 0 else { throw .lastFile("open a file in", place) }
            defer { close(source) }
            let copied = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard copied >= 0 else { throw .lastFile("create a copy for", place) }
            defer { close(copied) }
            try FileOperations.copyBytes(from: source, to: copied, place: place)
        default: skipped += 1
        }
    }
}
