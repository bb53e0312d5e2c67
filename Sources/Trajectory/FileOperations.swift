import Glibc
import Wire

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

    /// What is in a directory of the state, whose names are the daemon's own.
    static func names(in path: String) throws(StoreError) -> [String] {
        guard let stream = opendir(path) else { throw .lastFile("open", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
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
        try write(bytes[...], to: descriptor, place: path)
        guard !sync || fsync(descriptor) == 0 else { throw .lastFile("fsync", path) }
    }

    /// Writes a new file of text.
    static func write(text: String, to path: String) throws(StoreError) {
        try write(Array(text.utf8), to: path, sync: false)
    }

    /// Writes a new file of JSON for people and programs.
    static func write(json value: some Encodable, to path: String) throws(StoreError) {
        do {
            try write(try WireJSON.encodePretty(value) + [0x0a], to: path, sync: false)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .unstorable("this value has no JSON form: \(error)")
        }
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

    /// Copies what is left of one open file to another.
    static func copyBytes(from source: CInt, to target: CInt, place: String) throws(StoreError) {
        var buffer = [UInt8](repeating: 0, count: 128 << 10)
        while true {
            let count = Glibc.read(source, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .lastFile("read a file in", place) }
            if count == 0 { return }
            try write(buffer[..<count], to: target, place: place)
        }
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: CInt, place: String) throws(StoreError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .lastFile("write", place) }
            rest = rest.dropFirst(count)
        }
    }
}
