/// Everything `executord-init` needs to know to build one sandbox; pure data, made by the planner.
package struct Plan: Sendable, Hashable {
    /// Host name inside.
    package var hostname: String
    /// How ids inside relate to ids of the launcher's user namespace.
    package var identities: [IdentityRange]
    /// Host directories that the launcher clones and identity-maps; `Operation.mappedLayer` refers to them by index.
    package var mappedSources: [String]
    /// Applied in order.
    package var operations: [Operation]
    /// Private directory on the host, the same for all sandboxes, on which the scratch file system is mounted.
    package var scratch: String

    package init(
        hostname: String,
        identities: [IdentityRange],
        mappedSources: [String],
        operations: [Operation],
        scratch: String
    ) {
        self.hostname = hostname
        self.identities = identities
        self.mappedSources = mappedSources
        self.operations = operations
        self.scratch = scratch
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.integer(Plan.version)
        writer.string(hostname)
        writer.list(identities) { writer, range in
            writer.integer(range.inside)
            writer.integer(range.outside)
            writer.integer(range.count)
        }
        writer.list(mappedSources) { $0.string($1) }
        writer.list(operations) { $1.write(to: &$0) }
        writer.string(scratch)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt8.self) == Plan.version else { throw .badValue("plan version") }
        hostname = try reader.string()
        identities = try reader.list { reader throws(CodecError) in
            IdentityRange(inside: try reader.integer(), outside: try reader.integer(), count: try reader.integer())
        }
        mappedSources = try reader.list { reader throws(CodecError) in try reader.string() }
        operations = try reader.list { reader throws(CodecError) in try Operation.read(from: &reader) }
        scratch = try reader.string()
        try reader.finish()
    }

    /// Grows with each change of the encoding: daemon and init of different builds refuse each other.
    private static let version: UInt8 = 1
}

/// One line of a uid_map and gid_map; see user_namespaces(7).
package struct IdentityRange: Sendable, Hashable {
    package var inside: UInt32
    package var outside: UInt32
    package var count: UInt32

    package init(inside: UInt32, outside: UInt32, count: UInt32) {
        self.inside = inside
        self.outside = outside
        self.count = count
    }
}
