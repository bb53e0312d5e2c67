/// Everything `executord-init` needs to know to build one sandbox; pure data, made by the planner.
package struct Plan: Sendable, Hashable {
    /// Host name inside.
    package var hostname: String
    /// How ids inside relate to ids of the launcher's user namespace.
    package var identities: [IdentityRange]
    /// Host paths that the launcher clones as read-only mounts; `Operation.sourceLayer` refers to them by index.
    package var sources: [String]
    /// Those of `sources`, by index, that may be written to: trees of the daemon's own that are being made.
    package var writableSources: [UInt32]
    /// Applied in order.
    package var operations: [Operation]
    /// The launcher shifts the owners of `sources` into the sandbox's ids; see mount_setattr(2).
    package var mapsSources: Bool
    package var network: NetworkPlan

    package init(
        hostname: String,
        identities: [IdentityRange],
        sources: [String],
        writableSources: [UInt32] = [],
        operations: [Operation],
        mapsSources: Bool,
        network: NetworkPlan = .closed
    ) {
        self.hostname = hostname
        self.identities = identities
        self.sources = sources
        self.writableSources = writableSources
        self.operations = operations
        self.mapsSources = mapsSources
        self.network = network
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.integer(Plan.version)
        writer.string(hostname)
        writer.list(identities) { $1.write(to: &$0) }
        writer.list(sources) { $0.string($1) }
        writer.list(writableSources) { $0.integer($1) }
        writer.list(operations) { $1.write(to: &$0) }
        writer.flag(mapsSources)
        network.write(to: &writer)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt8.self) == Plan.version else { throw .badValue("plan version") }
        hostname = try reader.string()
        identities = try reader.list(IdentityRange.read)
        sources = try reader.list { reader throws(CodecError) in try reader.string() }
        writableSources = try reader.list { reader throws(CodecError) in try reader.integer() }
        operations = try reader.list { reader throws(CodecError) in try Operation.read(from: &reader) }
        mapsSources = try reader.flag()
        network = try NetworkPlan.read(from: &reader)
        try reader.finish()
    }

    /// Grows with each change of the encoding: daemon and init of different builds refuse each other.
    private static let version: UInt8 = 3
}

/// What the sandbox's network namespace has beside loopback.
package enum NetworkPlan: Sendable, Hashable {
    case closed
    /// A socket that listens on this port of 127.0.0.1, passed to the daemon with `ready`: a proxy's.
    case proxied(port: UInt16)
    /// Routes out, but not to these IPv4 networks; the namespaces (network, user) are passed with `ready`.
    case open(except: [ClosedNetwork])

    func write(to writer: inout ByteWriter) {
        switch self {
        case .closed: writer.integer(UInt8(1))
        case .proxied(let port):
            writer.integer(UInt8(2))
            writer.integer(port)
        case .open(let closed):
            writer.integer(UInt8(3))
            writer.list(closed) { writer, network in
                writer.integer(network.address)
                writer.integer(network.length)
            }
        }
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> NetworkPlan {
        switch try reader.integer(UInt8.self) {
        case 1: return .closed
        case 2: return .proxied(port: try reader.integer())
        case 3:
            return .open(
                except: try reader.list { reader throws(CodecError) in
                    ClosedNetwork(address: try reader.integer(), length: try reader.integer())
                }
            )
        default: throw .badValue("network")
        }
    }
}

/// An IPv4 network that is not reached.
package struct ClosedNetwork: Sendable, Hashable {
    /// The most significant byte is the first of the dotted quad.
    package var address: UInt32
    /// Of the prefix, in bits; 1 to 32.
    package var length: UInt8

    package init(address: UInt32, length: UInt8) {
        self.address = address
        self.length = length
    }
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

    func write(to writer: inout ByteWriter) {
        writer.integer(inside)
        writer.integer(outside)
        writer.integer(count)
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> IdentityRange {
        IdentityRange(inside: try reader.integer(), outside: try reader.integer(), count: try reader.integer())
    }
}
