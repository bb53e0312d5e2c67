/// Cuts lines that no screen or log can hold, in a byte stream that arrives in pieces; how much is gone stays visible.
struct LineCutter {
    /// Bytes of a line that are passed on.
    static let limit = 64 << 10

    private var length = 0

    /// What is passed on of the bytes so far.
    mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            result += line.prefix(max(0, Self.limit - length))
            length += line.count
            rest = rest.dropFirst(line.count)
            guard let lineEnd = rest.popFirst() else { break }
            result += finish()
            result.append(lineEnd)
        }
        return result
    }

    /// The mark of a line that was cut; nothing after any other.
    mutating func finish() -> [UInt8] {
        defer { length = 0 }
        return length > Self.limit ? Array(" [\(length - Self.limit) bytes cut]".utf8) : []
    }
}
