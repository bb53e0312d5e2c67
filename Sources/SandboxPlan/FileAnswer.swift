/// What a name stands for.
package enum FileKind: UInt8, Sendable, Hashable {
    case file = 1
    case directory, symlink, fifo, socket, device

    /// In words, for messages.
    package var text: String {
        switch self {
        case .file: "regular file"
        case .directory: "directory"
        case .symlink: "symbolic link"
        case .fifo: "FIFO (named pipe)"
        case .socket: "socket"
        case .device: "device"
        }
    }
}

/// What is known of a file without reading it; see inode(7).
package struct FileStatus: Sendable, Hashable {
    package var kind: FileKind
    /// Bytes.
    package var size: UInt64
    /// Permission bits, set-user-ID, set-group-ID and sticky bit.
    package var mode: UInt32
    /// Ids of the sandbox.
    package var uid: UInt32
    package var gid: UInt32
    /// Last change of the content, seconds since 1970.
    package var modified: Int64
    /// Where a symbolic link leads, as it is written; nil for anything else.
    package var target: SandboxPath?

    package init(
        kind: FileKind,
        size: UInt64,
        mode: UInt32,
        uid: UInt32,
        gid: UInt32,
        modified: Int64,
        target: SandboxPath? = nil
    ) {
        self.kind = kind
        self.size = size
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.modified = modified
        self.target = target
    }

    func write(to writer: inout ByteWriter) {
        writer.integer(kind.rawValue)
        writer.integer(size)
        writer.integer(mode)
        writer.integer(uid)
        writer.integer(gid)
        writer.integer(modified)
        writer.optional(target) { $1.write(to: &$0) }
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> FileStatus {
        guard let kind = FileKind(rawValue: try reader.integer(UInt8.self)) else { throw .badValue("file kind") }
        return FileStatus(
            kind: kind,
            size: try reader.integer(),
            mode: try reader.integer(),
            uid: try reader.integer(),
            gid: try reader.integer(),
            modified: try reader.integer(),
            target: try reader.optional { reader throws(CodecError) in try SandboxPath.read(from: &reader) }
        )
    }
}

/// A name in a directory and what it stands for; links are not followed.
package struct DirectoryEntry: Sendable, Hashable {
    package var name: SandboxPath
    package var status: FileStatus

    package init(name: SandboxPath, status: FileStatus) {
        self.name = name
        self.status = status
    }

    /// The record with its length before it.
    package func encoded() -> [UInt8] {
        var record = ByteWriter()
        name.write(to: &record)
        status.write(to: &record)
        var framed = ByteWriter()
        framed.data(record.bytes)
        return framed.bytes
    }

    /// All records of a stream.
    package static func decodeAll(_ bytes: [UInt8]) throws(CodecError) -> [DirectoryEntry] {
        var reader = ByteReader(bytes)
        var entries: [DirectoryEntry] = []
        while !reader.isAtEnd {
            var record = ByteReader(try reader.data())
            let name = try SandboxPath.read(from: &record)
            entries.append(DirectoryEntry(name: name, status: try FileStatus.read(from: &record)))
            try record.finish()
        }
        return entries
    }
}

/// How a file request went that went well.
package struct FileReply: Sendable, Hashable {
    /// Size of the file that was read, bytes that were written, entries that were listed or placed.
    package var count: UInt64
    /// False when a limit cut it off.
    package var isComplete: Bool
    package var status: FileStatus?

    package init(count: UInt64 = 0, isComplete: Bool = true, status: FileStatus? = nil) {
        self.count = count
        self.isComplete = isComplete
        self.status = status
    }

    func write(to writer: inout ByteWriter) {
        writer.integer(count)
        writer.flag(isComplete)
        writer.optional(status) { $1.write(to: &$0) }
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> FileReply {
        FileReply(
            count: try reader.integer(),
            isComplete: try reader.flag(),
            status: try reader.optional { reader throws(CodecError) in try FileStatus.read(from: &reader) }
        )
    }
}

/// Why a file request failed: at which path, and what is wrong there.
package struct FileFailure: Error, Sendable, Hashable {
    package enum Reason: Sendable, Hashable {
        case system(errno: Int32)
        /// Only regular files are read and written.
        case notRegular(FileKind)
        /// A bound of the request, in words.
        case limit(String)
        /// Something that is not done, in words.
        case refused(String)
    }
    package var path: SandboxPath
    package var reason: Reason

    package init(path: SandboxPath, reason: Reason) {
        // As long as a path can be; a message has an end.
        self.path = SandboxPath(bytes: Array(path.bytes.prefix(4096)))
        self.reason = reason
    }

    package init(path: SandboxPath, errno: Int32) {
        self.init(path: path, reason: .system(errno: errno))
    }

    func write(to writer: inout ByteWriter) {
        path.write(to: &writer)
        switch reason {
        case .system(let errno):
            writer.integer(UInt8(1))
            writer.integer(errno)
        case .notRegular(let kind):
            writer.integer(UInt8(2))
            writer.integer(kind.rawValue)
        case .limit(let text):
            writer.integer(UInt8(3))
            writer.string(text)
        case .refused(let text):
            writer.integer(UInt8(4))
            writer.string(text)
        }
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> FileFailure {
        let path = try SandboxPath.read(from: &reader)
        switch try reader.integer(UInt8.self) {
        case 1: return FileFailure(path: path, reason: .system(errno: try reader.integer()))
        case 2:
            guard let kind = FileKind(rawValue: try reader.integer(UInt8.self)) else { throw .badValue("file kind") }
            return FileFailure(path: path, reason: .notRegular(kind))
        case 3: return FileFailure(path: path, reason: .limit(try reader.string()))
        case 4: return FileFailure(path: path, reason: .refused(try reader.string()))
        default: throw .badValue("file failure")
        }
    }
}
