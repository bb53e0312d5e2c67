/// Writes the fields of a plan or message: little-endian integers, length-prefixed bytes.
package struct ByteWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func integer<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func flag(_ value: Bool) {
        bytes.append(value ? 1 : 0)
    }

    package mutating func data(_ value: [UInt8]) {
        integer(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func string(_ value: String) {
        data(Array(value.utf8))
    }

    package mutating func list<T>(_ values: [T], _ write: (inout ByteWriter, T) -> Void) {
        integer(UInt32(values.count))
        for value in values { write(&self, value) }
    }

    package mutating func optional<T>(_ value: T?, _ write: (inout ByteWriter, T) -> Void) {
        flag(value != nil)
        if let value { write(&self, value) }
    }
}

/// Reads what `ByteWriter` wrote; every malformed input is an error, never a trap.
package struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var isAtEnd: Bool { position == bytes.count }

    package mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(CodecError) -> T {
        let size = MemoryLayout<T>.size
        guard bytes.count - position >= size else { throw .truncated }
        var value = T.zero
        for offset in (0..<size).reversed() {
            value = (value << 8) | T(truncatingIfNeeded: bytes[position + offset])
        }
        position += size
        return value
    }

    package mutating func flag() throws(CodecError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw .badValue("flag")
        }
    }

    package mutating func data() throws(CodecError) -> [UInt8] {
        let count = Int(try integer(UInt32.self))
        guard bytes.count - position >= count else { throw .truncated }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    package mutating func string() throws(CodecError) -> String {
        guard let text = String(validating: try data(), as: UTF8.self) else { throw .badValue("UTF-8 text") }
        return text
    }

    package mutating func list<T>(_ read: (inout ByteReader) throws(CodecError) -> T) throws(CodecError) -> [T] {
        let count = Int(try integer(UInt32.self))
        // Every element takes at least a byte: a longer count is a lie, found before memory is reserved for it.
        guard count <= bytes.count - position else { throw .truncated }
        var values: [T] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }

    package mutating func optional<T>(_ read: (inout ByteReader) throws(CodecError) -> T) throws(CodecError) -> T? {
        try flag() ? try read(&self) : nil
    }

    /// Fails unless everything was read.
    package func finish() throws(CodecError) {
        guard isAtEnd else { throw .trailingBytes(bytes.count - position) }
    }
}

/// Why bytes are not a plan or message.
package enum CodecError: Error, Sendable, Equatable {
    case truncated
    case badValue(String)
    case trailingBytes(Int)
}
