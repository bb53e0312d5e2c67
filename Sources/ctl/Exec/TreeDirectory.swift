import CLinux
import Glibc
import Linux

/// An open directory whose entries are reached by single names, never through a symbolic link.
struct TreeDirectory: ~Copyable {
    private let descriptor: OwnedDescriptor

    var raw: CInt { descriptor.raw }

    private init(adopting raw: CInt) {
        descriptor = OwnedDescriptor(adopting: raw)
    }

    /// The directory at a path of the caller's own.
    static func open(_ path: String) throws(SystemError) -> TreeDirectory {
        TreeDirectory(
            adopting: try syscall("open \(path)") { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        )
    }

    /// The directory of this name; a link or a file there is an error.
    borrowing func directory(_ name: [UInt8]) throws(SystemError) -> TreeDirectory {
        TreeDirectory(
            adopting: try syscall("open a directory") {
                withName(name) { openat(raw, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
            }
        )
    }

    /// The regular file of this name, for reading.
    borrowing func file(_ name: [UInt8]) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try syscall("open a file") {
                withName(name) { openat(raw, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
            }
        )
    }

    /// What is there; nil when nothing is.
    borrowing func status(_ name: [UInt8]) -> stat? {
        var status = stat()
        let result = withName(name) { fstatat(raw, $0, &status, AT_SYMLINK_NOFOLLOW) }
        return result == 0 ? status : nil
    }

    /// Gives a new entry to who had it before, or to the directory's owner: what root brings home for others is theirs.
    ///
    /// Links are not followed. Everybody but root has only themselves to give to.
    borrowing func inherit(_ name: [UInt8], from former: stat?) throws(SystemError) {
        guard geteuid() == 0 else { return }
        var own = stat()
        try syscall("fstat") { fstat(raw, &own) }
        let owner = former ?? own
        try syscall("chown") { withName(name) { fchownat(raw, $0, owner.st_uid, owner.st_gid, AT_SYMLINK_NOFOLLOW) } }
    }

    /// The names in it, sorted.
    borrowing func names() throws(SystemError) -> [[UInt8]] {
        // A descriptor of its own: closing the cursor closes it, and its offset is not shared.
        let copy = try syscall("open .") { openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let cursor = clinux_directory_open(copy) else { throw SystemError(call: "fdopendir", code: errno) }
        defer { clinux_directory_close(cursor) }
        var names: [[UInt8]] = []
        while let name = clinux_directory_next(cursor) {
            let bytes = (0..<strlen(name)).map { UInt8(bitPattern: name[$0]) }
            if bytes != [UInt8(ascii: ".")], bytes != Array("..".utf8) { names.append(bytes) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Removes what has this name, with all below it; nothing there is no error.
    borrowing func remove(_ name: [UInt8]) throws(SystemError) {
        guard let status = status(name) else { return }
        guard FileKind(status) == .directory else {
            try syscall("unlink") { withName(name) { unlinkat(raw, $0, 0) } }
            return
        }
        let below = try directory(name)
        for child in try below.names() { try below.remove(child) }
        try syscall("rmdir") { withName(name) { unlinkat(raw, $0, AT_REMOVEDIR) } }
    }

    borrowing func withName<T>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> T) -> T {
        (name + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                // A buffer of at least the NUL has an address.
                characters.baseAddress.map(body) ?? "".withCString(body)
            }
        }
    }
}

/// What an entry is; see inode(7).
enum FileKind {
    case file, directory, link, other

    init(_ status: stat) {
        switch status.st_mode & 0o170000 {
        case 0o100000: self = .file
        case 0o040000: self = .directory
        case 0o120000: self = .link
        default: self = .other
        }
    }
}
