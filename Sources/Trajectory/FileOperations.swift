import Glibc

extension StoreError {
    /// The error of a call that has just failed; reads `errno` first.
    static func lastFile(_ operation: String, _ path: String) -> StoreError {
        let code = errno
        return .file(operation: operation, path: path, errno: Int(code))
    }

    /// The system's words for an errno value.
    static func text(ofErrno code: Int) -> String {
        String(cString: strerror(CInt(truncatingIfNeeded: code)))
    }
}

/// The few file calls of the record; all descriptors are close-on-exec and all paths lie in the state directory.
enum FileOperations {
    /// Creates `path` and what lies above it, readable for the daemon alone.
    static func makeDirectory(_ path: String) throws(StoreError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .lastFile("create directory", path)
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .lastFile("create directory", path) }
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Makes the names in a directory durable.
    static func syncDirectory(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .lastFile("open", path) }
        defer { _ = close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .lastFile("fsync", path) }
    }

    /// Writes a new file, durable when `sync` is set; refuses one that exists.
    static func write(_ bytes: [UInt8], to path: String, sync: Bool) throws(StoreError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .lastFile("create", path) }
        defer { _ = close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .lastFile("write", path) }
            written += count
        }
        guard !sync || fsync(descriptor) == 0 else { throw .lastFile("fsync", path) }
    }

    /// At most `limit` bytes from `offset` on, and the size of the whole file.
    static func read(
        _ path: String,
        from offset: Int,
        limit: Int
    ) throws(StoreError) -> (bytes: [UInt8], size: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .lastFile("open", path) }
        defer { _ = close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .lastFile("stat", path) }
        let wanted = max(0, min(limit, Int(status.st_size) - offset))
        var bytes = [UInt8](repeating: 0, count: wanted)
        var filled = 0
        while filled < wanted {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    wanted - filled,
                    off_t(offset + filled)
                )
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .lastFile("read", path) }
            if count == 0 { break }
            filled += count
        }
        return (Array(bytes[..<filled]), Int(status.st_size))
    }
}
