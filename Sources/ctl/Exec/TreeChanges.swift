import CLinux
import Glibc
import Linux
import Wire

/// What a command changed in its copy of a work directory: the changed tree, unpacked, and the names that are gone.
struct TreeChanges {
    /// One difference for people: `A` new, `M` other content, `D` gone.
    struct Difference: Equatable {
        var letter: Character
        var name: TreeName
    }

    /// A fresh directory that holds the changed files and nothing else.
    let tree: String
    /// The person's own directory.
    let work: String
    let deleted: [TreeName]

    init(tree: String, work: String, changed: [ChangedPath]) {
        self.tree = tree
        self.work = work
        deleted = changed.filter { $0.kind == .deleted }.compactMap { TreeName(wire: $0.path) }
    }

    /// Every difference below a directory that was not already there the same way, sorted by name.
    func differences() throws -> [Difference] {
        var result = deleted.map { Difference(letter: "D", name: $0) }
        try collect(try TreeDirectory.open(tree), .top, &result)
        return result.sorted { $0.name < $1.name }
    }

    private func collect(
        _ source: borrowing TreeDirectory,
        _ name: TreeName,
        _ result: inout [Difference]
    ) throws(SystemError) {
        for child in try source.names() {
            guard let status = source.status(child) else { continue }
            let below = name.appending(child)
            let isThere = Self.isThere(below, in: work)
            if FileKind(status) == .directory {
                if !isThere { result.append(Difference(letter: "A", name: below)) }
                try collect(try source.directory(child), below, &result)
            } else {
                result.append(Difference(letter: isThere ? "M" : "A", name: below))
            }
        }
    }

    private static func isThere(_ name: TreeName, in directory: String) -> Bool {
        guard let last = name.components.last, let parent = try? open(name, from: directory) else { return false }
        return parent.status(last) != nil
    }

    /// The directory that holds `name`.
    static func open(_ name: TreeName, from path: String) throws(SystemError) -> TreeDirectory {
        var directory = try TreeDirectory.open(path)
        for component in name.components.dropLast() { directory = try directory.directory(component) }
        return directory
    }

    /// Brings the changes into the work directory: deletions first, then every file by a rename.
    ///
    /// A file that was there keeps its owner and mode, but for being executable or not; a new one gets its directory's
    /// owner, where the caller may give it away, and what the umask leaves.
    /// Set-uid and the like are never applied; sockets, pipes and devices are left out.
    func apply() throws(SystemError) {
        for name in deleted {
            guard let last = name.components.last else { continue }
            do throws(SystemError) {
                try Self.open(name, from: work).remove(last)
            } catch {
                // A parent that is gone, or no directory any more, took the name with it.
                guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
            }
        }
        try copy(try TreeDirectory.open(tree), into: try TreeDirectory.open(work))
    }

    private func copy(
        _ source: borrowing TreeDirectory,
        into target: borrowing TreeDirectory
    ) throws(SystemError) {
        for name in try source.names() {
            guard let status = source.status(name) else { continue }
            let existing = target.status(name).map { FileKind($0) }
            switch FileKind(status) {
            case .directory:
                if existing != .directory {
                    try target.remove(name)
                    try syscall("mkdir") { target.withName(name) { mkdirat(target.raw, $0, 0o755) } }
                    try target.inherit(name, from: nil)
                }
                try copy(try source.directory(name), into: try target.directory(name))
            case .file:
                if existing == .directory { try target.remove(name) }
                try FileCopy.copy(name, status.st_mode, from: source, into: target)
            case .link:
                if existing == .directory { try target.remove(name) }
                try FileCopy.copyLink(name, from: source, into: target)
            case .other:
                continue
            }
        }
    }
}

/// Copies one entry so that its place holds either the old or the whole new one.
private enum FileCopy {
    private static let temporary = Array(".executord-apply~".utf8)

    static func copy(
        _ name: [UInt8],
        _ mode: mode_t,
        from source: borrowing TreeDirectory,
        into target: borrowing TreeDirectory
    ) throws(SystemError) {
        let isExecutable = mode & 0o111 != 0
        let former = target.status(name).flatMap { FileKind($0) == .file ? $0 : nil }
        let input = try source.file(name)
        try target.remove(temporary)
        let output = OwnedDescriptor(
            adopting: try syscall("create a file") {
                target.withName(temporary) {
                    openat(target.raw, $0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isExecutable ? 0o777 : 0o666)
                }
            }
        )
        try target.inherit(temporary, from: former)
        if let former {
            // Executable for whom it was readable; see chmod(1), +x.
            let kept = former.st_mode & 0o666
            try syscall("fchmod") { fchmod(output.raw, isExecutable ? kept | (kept & 0o444) >> 2 : kept) }
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        while true {
            let count = try syscall("read") { read(input.raw, &buffer, buffer.count) }
            if count == 0 { break }
            var written = 0
            while written < count {
                written += try syscall("write") {
                    buffer.withUnsafeBytes { write(output.raw, $0.baseAddress?.advanced(by: written), count - written) }
                }
            }
        }
        try rename(to: name, in: target)
    }

    static func copyLink(
        _ name: [UInt8],
        from source: borrowing TreeDirectory,
        into target: borrowing TreeDirectory
    ) throws(SystemError) {
        var bytes = [UInt8](repeating: 0, count: 4097)
        let count = try syscall("readlink") {
            source.withName(name) { clinux_readlink(source.raw, $0, &bytes, bytes.count - 1) }
        }
        try target.remove(temporary)
        try syscall("symlink") {
            target.withName(Array(bytes.prefix(count))) { place in
                target.withName(temporary) { symlinkat(place, target.raw, $0) }
            }
        }
        try target.inherit(temporary, from: nil)
        try rename(to: name, in: target)
    }

    private static func rename(to name: [UInt8], in target: borrowing TreeDirectory) throws(SystemError) {
        try syscall("rename") {
            target.withName(temporary) { old in
                target.withName(name) { renameat(target.raw, old, target.raw, $0) }
            }
        }
    }
}
