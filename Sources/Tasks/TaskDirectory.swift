// Beside Glibc: its headers may be the first that declare `stat`.
import CArchive
import Glibc

/// A task's directory, read by relative path; never blocks on a pipe.
///
/// Links in it are followed. What the daemon reads has been unpacked by `TreeArchive.unpack`, which refuses every link that could
/// lead out; what a client reads is the caller's own.
struct TaskDirectory: Sendable {
    /// Absolute, without symbolic links.
    let path: String

    /// What a name stands for, symbolic links followed.
    enum Kind: Sendable {
        case file, directory, other
    }

    init(_ path: String) throws(TaskError) {
        guard let resolved = realpath(path, nil) else {
            throw .notADirectory(path: path, reason: Self.reason(errno))
        }
        self.path = String(cString: resolved)
        free(resolved)
        guard kind(of: "") == .directory else { throw .notADirectory(path: path, reason: "is not a directory") }
    }

    /// The directory's own name.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    func kind(of relative: String) -> Kind? {
        var status = stat()
        guard stat(path + "/" + relative, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    func isSymbolicLink(_ relative: String) -> Bool {
        var status = stat()
        return lstat(path + "/" + relative, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Where `relative` leads, relative to the directory; nil when it leads outside, to itself, or nowhere.
    func linkTarget(_ relative: String) -> String? {
        guard let resolved = realpath(path + "/" + relative, nil) else { return nil }
        defer { free(resolved) }
        let target = String(cString: resolved)
        guard target.hasPrefix(path + "/") else { return nil }
        let inside = String(target.dropFirst(path.count + 1))
        return inside == relative ? nil : inside
    }

    /// The names in a directory, in the order of their bytes.
    func names(in relative: String) throws(TaskError) -> [String] {
        guard let stream = opendir(path + "/" + relative) else {
            throw .unreadable(file: relative, reason: Self.reason(errno))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The bytes of a regular file of at most `limit` bytes.
    func read(_ relative: String, limit: Int) throws(TaskError) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(relative) { (chunk) throws(TaskError) in
            bytes.append(contentsOf: chunk)
            if bytes.count > limit { throw .tooLarge("\(relative) has more than \(limit) bytes") }
        }
        return bytes
    }

    /// Hands a regular file on in pieces of 64 KiB.
    func read(_ relative: String, piece: ([UInt8]) throws(TaskError) -> Void) throws(TaskError) {
        // Without O_NONBLOCK the open of a named pipe would wait for a writer.
        let descriptor = open(path + "/" + relative, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(file: relative, reason: Self.reason(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(file: relative, reason: "is not a regular file")
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(file: relative, reason: Self.reason(errno)) }
            if count == 0 { return }
            try piece(Array(buffer[..<count]))
        }
    }

    /// The text of a file in UTF-8.
    func text(_ relative: String, limit: Int) throws(TaskError) -> String {
        let bytes = try read(relative, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(file: relative, reason: "is not UTF-8 text; save it as UTF-8")
        }
        return text
    }

    private static func reason(_ code: CInt) -> String { String(cString: strerror(code)) }
}
