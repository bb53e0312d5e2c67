/// What a child of pid 1 does with files, as somebody of the sandbox and with no more power than that.
///
/// Relative paths start from the working directory that is sent along.
package enum FileRequest: Sendable, Hashable {
    /// Writes at most `length` bytes from `offset` on into the descriptor passed.
    case read(path: SandboxPath, offset: UInt64, length: UInt64)
    /// Reads the descriptor passed to its end; `mode` is that of a new file.
    case write(path: SandboxPath, mode: UInt32, how: WriteManner, makesParents: Bool)
    /// Writes `DirectoryEntry` records into the descriptor passed, at most `limit`.
    case list(path: SandboxPath, limit: UInt32)
    case status(path: SandboxPath, followsLinks: Bool)
    case remove(path: SandboxPath, isRecursive: Bool)
    case makeDirectory(path: SandboxPath, mode: UInt32, makesParents: Bool)
    /// Listens on a Unix stream socket that everybody inside may connect to; its descriptor comes with the answer.
    case listen(path: SandboxPath)
    /// Writes everything below a directory (or one file) as `TreeEntry` records into the descriptor passed; what exceeds
    /// a limit is an error. The answer counts what is neither file, directory nor link, and was left out.
    case pack(path: SandboxPath, limits: TreeLimits)
    /// Places the `TreeEntry` records that it reads from the descriptor passed below a directory, which is made if needed.
    case unpack(path: SandboxPath)
    /// The same for a layer of an image: owners and all mode bits are kept, what is there gives way, `deleted` and `emptied`
    /// take away. The answer counts the owners that have no id here.
    case unpackLayer(path: SandboxPath)
    /// Fills a directory with what another one has: directories of its own, all else as second names (hard links).
    case share(path: SandboxPath, as: SandboxPath)

    func write(to writer: inout ByteWriter) {
        switch self {
        case .read(let path, let offset, let length):
            writer.integer(UInt8(1))
            path.write(to: &writer)
            writer.integer(offset)
            writer.integer(length)
        case .write(let path, let mode, let how, let makesParents):
            writer.integer(UInt8(2))
            path.write(to: &writer)
            writer.integer(mode)
            writer.integer(how.rawValue)
            writer.flag(makesParents)
        case .list(let path, let limit):
            writer.integer(UInt8(3))
            path.write(to: &writer)
            writer.integer(limit)
        case .status(let path, let followsLinks):
            writer.integer(UInt8(4))
            path.write(to: &writer)
            writer.flag(followsLinks)
        case .remove(let path, let isRecursive):
            writer.integer(UInt8(5))
            path.write(to: &writer)
            writer.flag(isRecursive)
        case .makeDirectory(let path, let mode, let makesParents):
            writer.integer(UInt8(6))
            path.write(to: &writer)
            writer.integer(mode)
            writer.flag(makesParents)
        case .listen(let path):
            writer.integer(UInt8(7))
            path.write(to: &writer)
        case .pack(let path, let limits):
            writer.integer(UInt8(8))
            path.write(to: &writer)
            limits.write(to: &writer)
        case .unpack(let path):
            writer.integer(UInt8(9))
            path.write(to: &writer)
        case .unpackLayer(let path):
            writer.integer(UInt8(10))
            path.write(to: &writer)
        case .share(let path, let copy):
            writer.integer(UInt8(11))
            path.write(to: &writer)
            copy.write(to: &writer)
        }
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> FileRequest {
        let kind = try reader.integer(UInt8.self)
        let path = try SandboxPath.read(from: &reader)
        switch kind {
        case 1: return .read(path: path, offset: try reader.integer(), length: try reader.integer())
        case 2:
            let mode = try reader.integer(UInt32.self)
            guard let how = WriteManner(rawValue: try reader.integer(UInt8.self)) else { throw .badValue("manner") }
            return .write(path: path, mode: mode, how: how, makesParents: try reader.flag())
        case 3: return .list(path: path, limit: try reader.integer())
        case 4: return .status(path: path, followsLinks: try reader.flag())
        case 5: return .remove(path: path, isRecursive: try reader.flag())
        case 6:
            return .makeDirectory(path: path, mode: try reader.integer(), makesParents: try reader.flag())
        case 7: return .listen(path: path)
        case 8: return .pack(path: path, limits: try TreeLimits.read(from: &reader))
        case 9: return .unpack(path: path)
        case 10: return .unpackLayer(path: path)
        case 11: return .share(path: path, as: try SandboxPath.read(from: &reader))
        default: throw .badValue("file request")
        }
    }
}

/// What a write does to a file that is there.
package enum WriteManner: UInt8, Sendable, Hashable {
    case truncate = 1
    case append
    /// It is an error that it is there.
    case exclusive
}

/// As whom files are touched, and with which capabilities where that is root; see capabilities(7).
package struct ActingUser: Sendable, Hashable {
    package var user: UserSelection
    package var capabilities: [UInt8]

    package init(_ user: UserSelection, capabilities: [UInt8]) {
        self.user = user
        self.capabilities = capabilities
    }

    func write(to writer: inout ByteWriter) {
        user.write(to: &writer)
        writer.data(capabilities)
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> ActingUser {
        ActingUser(try UserSelection.read(from: &reader), capabilities: try reader.data())
    }
}
