/// What the daemon asks of the resident launcher (the zygote).
package enum LauncherRequest: Sendable, Hashable {
    /// Starts a sandbox. Descriptors: plan memfd, control socket. The first message there brings the cgroup files to write "0" to
    /// when the root stands; its one byte is their number. The sandbox begins on another processor than `beside`, on which the
    /// daemon makes these, if there is one.
    case launch(beside: Int32)
    /// Mounts a limited file system at `path` (below the launcher's own mounts), owned by `owner` of the launcher's ids.
    case makeLayer(path: String, kind: LayerKind, bytes: UInt64, inodes: UInt64, owner: UInt32)
    /// Unmounts and removes it.
    case removeLayer(path: String)
    /// Copies a host directory tree of the daemon's to `path` and gives the copy to `owner`, so that it is root's inside.
    case adopt(source: String, path: String, owner: UInt32)
    /// Gives one directory in such a copy to another user of the sandbox's ids.
    case own(path: String, owner: UInt32)
    /// Removes a host directory tree whose files may belong to ids that the daemon cannot touch.
    case removeTree(path: String)
    /// Starts pasta(1) for a sandbox's network. Descriptors: its network and user namespaces.
    case openNetwork(arguments: [String])
    /// Starts a process that reads a layer. Descriptors: where it answers, then where the archive goes, if any.
    case read(LayerReading)

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .launch(let processor):
            writer.integer(UInt8(1))
            writer.integer(processor)
        case .makeLayer(let path, let kind, let bytes, let inodes, let owner):
            writer.integer(UInt8(2))
            writer.string(path)
            writer.integer(kind.rawValue)
            writer.integer(bytes)
            writer.integer(inodes)
            writer.integer(owner)
        case .removeLayer(let path):
            writer.integer(UInt8(3))
            writer.string(path)
        case .adopt(let source, let path, let owner):
            writer.integer(UInt8(4))
            writer.string(source)
            writer.string(path)
            writer.integer(owner)
        case .own(let path, let owner):
            writer.integer(UInt8(6))
            writer.string(path)
            writer.integer(owner)
        case .removeTree(let path):
            writer.integer(UInt8(5))
            writer.string(path)
        case .openNetwork(let arguments):
            writer.integer(UInt8(7))
            writer.list(arguments) { $0.string($1) }
        case .read(let reading):
            writer.integer(UInt8(8))
            reading.write(to: &writer)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        switch try reader.integer(UInt8.self) {
        case 1: self = .launch(beside: try reader.integer())
        case 2:
            let path = try reader.string()
            guard let kind = LayerKind(rawValue: try reader.integer(UInt8.self)) else { throw .badValue("layer kind") }
            self = .makeLayer(
                path: path,
                kind: kind,
                bytes: try reader.integer(),
                inodes: try reader.integer(),
                owner: try reader.integer()
            )
        case 3: self = .removeLayer(path: try reader.string())
        case 4:
            self = .adopt(source: try reader.string(), path: try reader.string(), owner: try reader.integer())
        case 5: self = .removeTree(path: try reader.string())
        case 6: self = .own(path: try reader.string(), owner: try reader.integer())
        case 7:
            self = .openNetwork(arguments: try reader.list { reader throws(CodecError) in try reader.string() })
        case 8: self = .read(try LayerReading.read(from: &reader))
        default: throw .badValue("launcher request")
        }
        try reader.finish()
    }
}

/// How a writable layer is limited.
package enum LayerKind: UInt8, Sendable, Hashable {
    /// In memory, charged to the memory limit: fast, up to a few hundred MB.
    case memory = 1
    /// An ext4 image on a loop device: needs root.
    case disk = 2
    /// A plain directory without limit: only with `--allow-unenforced`.
    case unlimited = 3
}

/// What the launcher answers, in order.
package enum LauncherReply: Sendable, Hashable {
    /// pid 1 has been born; its pidfd is passed along. `pid` is as the launcher sees it.
    case launched(pid: Int32)
    case done
    case failed(SetupFailure)

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .launched(let pid):
            writer.integer(UInt8(1))
            writer.integer(pid)
        case .done: writer.integer(UInt8(2))
        case .failed(let failure):
            writer.integer(UInt8(3))
            failure.write(to: &writer)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        switch try reader.integer(UInt8.self) {
        case 1: self = .launched(pid: try reader.integer())
        case 2: self = .done
        case 3: self = .failed(try SetupFailure.read(from: &reader))
        default: throw .badValue("launcher reply")
        }
        try reader.finish()
    }
}

/// How the launcher itself starts: as root, or as root of a user namespace of its own.
package struct LauncherConfiguration: Sendable, Hashable {
    /// nil when started as root; otherwise the map of the keeper namespace, the caller's own id first.
    package var keeper: [IdentityRange]?
    /// The keeper's map has more than one id and is written by newuidmap(1) and newgidmap(1).
    package var keeperGroups: [IdentityRange]
    /// Directory for the mounts of layers; a file system of the launcher's own is mounted there.
    package var mounts: String

    package init(keeper: [IdentityRange]?, keeperGroups: [IdentityRange], mounts: String) {
        self.keeper = keeper
        self.keeperGroups = keeperGroups
        self.mounts = mounts
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.optional(keeper) { $0.list($1) { $1.write(to: &$0) } }
        writer.list(keeperGroups) { $1.write(to: &$0) }
        writer.string(mounts)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        keeper = try reader.optional { reader throws(CodecError) in try reader.list(IdentityRange.read) }
        keeperGroups = try reader.list(IdentityRange.read)
        mounts = try reader.string()
        try reader.finish()
    }
}
