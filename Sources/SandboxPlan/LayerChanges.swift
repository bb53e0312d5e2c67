/// What changed in a sandbox's writable layers between two looks: absolute paths inside, raw bytes as the kernel has them.
package struct LayerChanges: Sendable, Hashable {
    package var created: [[UInt8]] = []
    /// Content, mode, owner or name count; of a directory, that it was replaced.
    package var modified: [[UInt8]] = []
    package var deleted: [[UInt8]] = []
    /// Changes beyond those that are listed.
    package var unlisted: UInt32 = 0
    /// Other programs of the sandbox ran meanwhile: some of the changes may be theirs.
    package var isShared = false

    package init() {}

    /// How much is listed; a message has 64 KiB in all.
    package static let maximumPaths = 200
    package static let maximumPathBytes = 16 << 10

    func write(to writer: inout ByteWriter) {
        for paths in [created, modified, deleted] { writer.list(paths) { $0.data($1) } }
        writer.integer(unlisted)
        writer.flag(isShared)
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> LayerChanges {
        func paths(_ reader: inout ByteReader) throws(CodecError) -> [[UInt8]] {
            try reader.list { reader throws(CodecError) in try reader.data() }
        }
        var changes = LayerChanges()
        changes.created = try paths(&reader)
        changes.modified = try paths(&reader)
        changes.deleted = try paths(&reader)
        changes.unlisted = try reader.integer()
        changes.isShared = try reader.flag()
        return changes
    }
}
