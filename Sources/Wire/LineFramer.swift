/// Cuts a byte stream into frames: one JSON object a line, `\n` ends a line, empty lines are skipped.
///
/// Pure: no I/O in it. A line longer than the limit is an error at once, not when its end arrives, so a peer
/// cannot make the other side buffer more than `limit` bytes.
package struct LineFramer: ~Copyable {
    /// The longest frame in bytes, without its newline.
    package let limit: Int
    private var buffer: [UInt8] = []
    private var scanned = 0
    private var consumed = 0

    /// The default limit of a frame: 1 MiB.
    package static let defaultLimit = 1 << 20

    package init(limit: Int = LineFramer.defaultLimit) {
        self.limit = limit
    }

    /// Adds bytes as they came from the stream.
    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if consumed > 0 {
            buffer.removeFirst(consumed)
            scanned -= consumed
            consumed = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame, or nil when more bytes are needed; throws when a frame exceeds the limit.
    package mutating func nextFrame() throws(FramingError) -> [UInt8]? {
        while scanned < buffer.count {
            guard let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) else {
                scanned = buffer.count
                break
            }
            let start = consumed
            consumed = end + 1
            scanned = consumed
            guard end - start <= limit else { throw FramingError.tooLong(limit: limit) }
            if end > start { return Array(buffer[start..<end]) }
        }
        guard buffer.count - consumed <= limit else { throw FramingError.tooLong(limit: limit) }
        return nil
    }

    /// Whether bytes of an unfinished frame are held: at the end of a stream they are lost.
    package var hasPartialFrame: Bool { buffer.count > consumed }
}

/// Why a stream cannot be cut into frames any further.
package enum FramingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A frame exceeds `limit` bytes.
    case tooLong(limit: Int)

    package var description: String {
        switch self {
        case .tooLong(let limit): "a frame is longer than \(limit) bytes"
        }
    }
}
