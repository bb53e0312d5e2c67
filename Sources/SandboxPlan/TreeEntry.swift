/// Bounds on what is read out of a sandbox: untrusted trees can be deep, huge, or endless.
package struct TreeLimits: Sendable, Hashable {
    package var entries: UInt32
    package var depth: UInt32
    package var fileBytes: UInt64
    package var totalBytes: UInt64
    /// False lists names, kinds and sizes only.
    package var contents: Bool

    package init(
        entries: UInt32 = 20_000,
        depth: UInt32 = 128,
        fileBytes: UInt64 = 64 << 20,
        totalBytes: UInt64 = 256 << 20,
        contents: Bool = true
    ) {
        self.entries = entries
        self.depth = depth
        self.fileBytes = fileBytes
        self.totalBytes = totalBytes
        self.contents = contents
    }

    /// Of all paths and links' targets together: those who list a tree hold them in memory.
    package static let nameBytes: UInt64 = 64 << 20

    /// For trees that travel whole: more than this is an error.
    package static let transfer = TreeLimits(
        entries: 500_000,
        depth: 128,
        fileBytes: 8 << 30,
        totalBytes: 16 << 30
    )

    /// For root file systems: as large as they come, and still bounded.
    package static let image = TreeLimits(
        entries: 2_000_000,
        depth: 128,
        fileBytes: 64 << 30,
        totalBytes: 128 << 30
    )

    func write(to writer: inout ByteWriter) {
        writer.integer(entries)
        writer.integer(depth)
        writer.integer(fileBytes)
        writer.integer(totalBytes)
        writer.flag(contents)
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> TreeLimits {
        TreeLimits(
            entries: try reader.integer(),
            depth: try reader.integer(),
            fileBytes: try reader.integer(),
            totalBytes: try reader.integer(),
            contents: try reader.flag()
        )
    }
}

/// One entry of a tree that is read out of a sandbox.
///
/// On the stream: `[UInt32 length][record]`, and after a file's record exactly `contentBytes` bytes.
package struct TreeEntry: Sendable, Hashable {
    package enum Kind: UInt8, Sendable {
        case file = 1
        case directory, symlink
        /// An overlay whiteout: the name was deleted.
        case deleted
        /// FIFO, socket or device: named, never read.
        case other
        /// The walk is over; `path` says why when it ended early, and is empty when it is complete.
        case end
        /// A second name of the file at `target`, which came before; only in trees that are placed.
        case hardlink
        /// In layers of images: what lower layers have in the directory of this path is gone.
        case emptied
    }
    package var kind: Kind
    /// Relative to the collected directory, raw bytes as the kernel has them.
    package var path: [UInt8]
    package var mode: UInt32
    /// Logical size of a file.
    package var size: UInt64
    /// How many bytes of content follow.
    package var contentBytes: UInt64
    /// Target of a symlink, raw.
    package var target: [UInt8]
    /// Last change of a file's content, seconds since 1970; 0 where nobody asks for it.
    package var modified: Int64
    /// Owner inside; only images keep it.
    package var uid: UInt32
    package var gid: UInt32

    package init(
        kind: Kind,
        path: [UInt8],
        mode: UInt32 = 0,
        size: UInt64 = 0,
        contentBytes: UInt64 = 0,
        target: [UInt8] = [],
        modified: Int64 = 0,
        uid: UInt32 = 0,
        gid: UInt32 = 0
    ) {
        self.kind = kind
        self.path = path
        self.mode = mode
        self.size = size
        self.contentBytes = contentBytes
        self.target = target
        self.modified = modified
        self.uid = uid
        self.gid = gid
    }

    /// The record with its length prefix.
    package func encoded() -> [UInt8] {
        var record = ByteWriter()
        record.integer(kind.rawValue)
        record.data(path)
        record.integer(mode)
        record.integer(size)
        record.integer(contentBytes)
        record.data(target)
        record.integer(modified)
        record.integer(uid)
        record.integer(gid)
        var framed = ByteWriter()
        framed.data(record.bytes)
        return framed.bytes
    }

    /// Decodes a record without its length prefix.
    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        guard let kind = Kind(rawValue: try reader.integer(UInt8.self)) else { throw .badValue("tree entry") }
        self.kind = kind
        path = try reader.data()
        mode = try reader.integer()
        size = try reader.integer()
        contentBytes = try reader.integer()
        target = try reader.data()
        modified = try reader.integer()
        uid = try reader.integer()
        gid = try reader.integer()
        try reader.finish()
    }
}
