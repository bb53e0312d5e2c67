/// What is to be read of a layer that nobody writes to any more, by a process that sees nothing else.
///
/// It answers on a pipe with the trees of `listed`, one behind the other as `TreeEntry` has them, and with one more end mark
/// when the archive is written, whose path is why it is not.
package struct LayerReading: Sendable, Hashable {
    /// Where the launcher mounted the layer.
    package var layer: String
    /// The ids of the sandbox that wrote it.
    package var identities: [IdentityRange]
    /// Directories of the layer.
    package var listed: [String]
    package var limits: TreeLimits
    package var archive: LayerArchive?
    /// What system calls it may make; the bytes of a BPF program.
    package var seccomp: [UInt8]

    package init(
        layer: String,
        identities: [IdentityRange],
        listed: [String],
        limits: TreeLimits,
        archive: LayerArchive?,
        seccomp: [UInt8]
    ) {
        self.layer = layer
        self.identities = identities
        self.listed = listed
        self.limits = limits
        self.archive = archive
        self.seccomp = seccomp
    }

    func write(to writer: inout ByteWriter) {
        writer.string(layer)
        writer.list(identities) { $1.write(to: &$0) }
        writer.list(listed) { $0.string($1) }
        limits.write(to: &writer)
        writer.optional(archive) { writer, archive in
            writer.string(archive.directory)
            writer.list(archive.excluded) { $0.string($1) }
            writer.flag(archive.hasMarks)
        }
        writer.data(seccomp)
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> LayerReading {
        LayerReading(
            layer: try reader.string(),
            identities: try reader.list(IdentityRange.read),
            listed: try reader.list { reader throws(CodecError) in try reader.string() },
            limits: try TreeLimits.read(from: &reader),
            archive: try reader.optional { reader throws(CodecError) in
                LayerArchive(
                    directory: try reader.string(),
                    excluded: try reader.list { reader throws(CodecError) in try reader.string() },
                    hasMarks: try reader.flag()
                )
            },
            seccomp: try reader.data()
        )
    }
}

/// A tar stream of a directory of a layer, `.` for all of it.
package struct LayerArchive: Sendable, Hashable {
    package var directory: String
    /// Paths below `directory` that are left out, with all that is in them.
    package var excluded: [String]
    /// Whether it can become a layer again, with overlay's whiteouts and with FIFOs.
    ///
    /// Otherwise it has files, directories and links only.
    package var hasMarks: Bool

    package init(directory: String = ".", excluded: [String] = [], hasMarks: Bool = true) {
        self.directory = directory
        self.excluded = excluded
        self.hasMarks = hasMarks
    }
}
