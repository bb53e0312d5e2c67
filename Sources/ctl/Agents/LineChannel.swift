import Glibc
import Linux
import Wire

/// JSON objects, one a line, over a pair of descriptors.
final class LineChannel {
    let source: CInt
    let sink: CInt
    private var framer = LineFramer(limit: 64 << 20)
    private(set) var isOpen = true

    init(source: CInt, sink: CInt) {
        self.source = source
        self.sink = sink
    }

    /// Reads once and gives the whole lines; blocks when nothing is there.
    func read() throws -> [[UInt8]] {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(source, &chunk, chunk.count)
        if count < 0 && (errno == EINTR || errno == EAGAIN) { return [] }
        guard count > 0 else {
            isOpen = false
            return []
        }
        framer.append(Array(chunk[..<count]))
        var lines: [[UInt8]] = []
        while let line = try framer.nextFrame() { lines.append(line) }
        return lines
    }

    /// Writes one value as a line; false when the reader is gone.
    @discardableResult
    func write(_ value: JSONValue) throws -> Bool {
        let bytes = try WireJSON.encode(value) + [UInt8(ascii: "\n")]
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(sink, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
