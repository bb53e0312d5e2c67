// Beside Glibc: reading directories.
import Glibc

/// What a skill's folder may have; far above what people write, far below what hurts.
package struct SkillLimits: Sendable, Hashable {
    package var files = 512
    package var bytesPerFile = 4 << 20
    package var bytes = 16 << 20
    /// Folders in folders.
    package var depth = 8

    package init() {}
}

/// Why a skill's folder could not be read or written.
package enum SkillFolderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A call on `path` failed.
    case file(operation: String, path: String, errno: Int32)
    /// A link, device, socket or pipe.
    case notAFile(path: String)
    /// A name that is no text in UTF-8.
    case nameNotText(folder: String)
    /// More than `SkillLimits` allow.
    case tooLarge(folder: String, what: String)
    /// A path of the tree would lead out of the folder.
    case unsafePath(String)

    package var description: String {
        switch self {
        case .file(let operation, let path, let code): "\(operation) \(path): \(String(cString: strerror(code)))"
        case .notAFile(let path):
            "\(path) is neither a file nor a folder; put a copy of the file there (links are not followed)"
        case .nameNotText(let folder): "a name in \(folder) is not UTF-8 text; rename the file"
        case .tooLarge(let folder, let what): "\(folder) has more than \(what); leave out what agents need not read"
        case .unsafePath(let path):
            "'\(path.unicodeScalars.map { $0.escaped(asASCII: true) }.joined())' is no relative path below the skill's folder; rename the file"
        }
    }
}

extension SkillTree {
    /// Reads a folder without following any link; `.git` at its top is left out.
    package init(
        readingFrom folder: String,
        limits: SkillLimits = SkillLimits()
    ) throws(SkillFolderError) {
        var reader = SkillFolderReader(limits: limits, folder: folder)
        // The folder itself may be a link: it is what the caller names.
        let top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard top >= 0 else { throw .last("open", folder) }
        try reader.read(top, prefix: "", depth: 0)
        self.init(reader.files)
    }

    /// Writes all files into a folder, which is made; one that has something in it is refused.
    package func write(to folder: String) throws(SkillFolderError) {
        if let path = paths.first(where: { !Self.isSafe(path: $0) }) { throw .unsafePath(path) }
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw .last("create folder", folder) }
        let top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard top >= 0 else { throw .last("open", folder) }
        defer { close(top) }
        guard try SkillFolderReader.names(in: dup(top), place: folder).isEmpty else {
            throw .file(operation: "write into", path: folder, errno: ENOTEMPTY)
        }
        for path in paths {
            guard let file = files[path] else { continue }
            try Self.write(file, path, below: top, place: folder)
        }
    }

    private static func write(_ file: File, _ path: String, below top: CInt, place: String) throws(SkillFolderError) {
        var parts = path.split(separator: "/").map(String.init)
        let name = parts.removeLast()
        var folder = fcntl(top, F_DUPFD_CLOEXEC, 0)
        guard folder >= 0 else { throw .last("open", place) }
        defer { close(folder) }
        for part in parts {
            guard mkdirat(folder, part, 0o755) == 0 || errno == EEXIST else { throw .last("create folder for", path) }
            let inner = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard inner >= 0 else { throw .last("open folder of", path) }
            close(folder)
            folder = inner
        }
        let mode: mode_t = file.isExecutable ? 0o755 : 0o644
        let descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .last("create", path) }
        defer { close(descriptor) }
        try SkillFolderError.write(file.bytes, to: descriptor, path)
    }
}

extension SkillFolderError {
    /// The error of a call that has just failed; reads `errno` first.
    static func last(_ operation: String, _ path: String) -> SkillFolderError {
        let code = errno
        return .file(operation: operation, path: path, errno: code)
    }

    /// Writes all bytes.
    static func write(_ bytes: [UInt8], to descriptor: CInt, _ path: String) throws(SkillFolderError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .last("write", path) }
            rest = rest.dropFirst(count)
        }
    }
}

/// Collects files below one folder by descriptors, so that nothing can be swapped for a link on the way.
private struct SkillFolderReader {
    let limits: SkillLimits
    let folder: String
    var files: [String: SkillTree.File] = [:]
    var bytes = 0

    /// Takes over `descriptor`.
    mutating func read(_ descriptor: CInt, prefix: String, depth: Int) throws(SkillFolderError) {
        let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else {
            let error = SkillFolderError.last("open", folder + "/" + prefix)
            close(descriptor)
            throw error
        }
        defer { close(own) }
        for name in try Self.names(in: descriptor, place: folder + "/" + prefix) {
            if prefix.isEmpty, name == ".git" { continue }
            try read(entry: name, in: own, prefix: prefix, depth: depth)
        }
    }

    private mutating func read(
        entry name: String,
        in descriptor: CInt,
        prefix: String,
        depth: Int
    ) throws(SkillFolderError) {
        let path = prefix + name
        let place = folder + "/" + path
        // Without O_NONBLOCK the open of a named pipe would wait for a writer.
        let entry = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard entry >= 0 else {
            if errno == ELOOP || errno == ENXIO { throw .notAFile(path: place) }
            throw .last("open", place)
        }
        var status = stat()
        guard fstat(entry, &status) == 0 else {
            let error = SkillFolderError.last("stat", place)
            close(entry)
            throw error
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            guard depth < limits.depth else {
                close(entry)
                throw .tooLarge(folder: folder, what: "\(limits.depth) folders inside each other")
            }
            try read(entry, prefix: path + "/", depth: depth + 1)
        case S_IFREG:
            defer { close(entry) }
            guard files.count < limits.files else { throw .tooLarge(folder: folder, what: "\(limits.files) files") }
            let content = try content(of: entry, place: place)
            files[path] = SkillTree.File(content, isExecutable: status.st_mode & 0o100 != 0)
        default:
            close(entry)
            throw .notAFile(path: place)
        }
    }

    private mutating func content(of descriptor: CInt, place: String) throws(SkillFolderError) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .last("read", place) }
            if count == 0 { break }
            content += buffer[..<count]
            guard content.count <= limits.bytesPerFile else {
                throw .tooLarge(folder: folder, what: "\(limits.bytesPerFile) bytes in one file")
            }
            guard bytes + content.count <= limits.bytes else {
                throw .tooLarge(folder: folder, what: "\(limits.bytes) bytes")
            }
        }
        bytes += content.count
        return content
    }

    /// The names in a folder, whose descriptor is taken over.
    static func names(in descriptor: CInt, place: String) throws(SkillFolderError) -> [String] {
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            let error = SkillFolderError.last("read", place)
            if descriptor >= 0 { close(descriptor) }
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self) else { throw .nameNotText(folder: place) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
