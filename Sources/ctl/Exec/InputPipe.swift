import Glibc
import Linux

/// Standard input behind a pipe: a sandbox is never given a descriptor of the caller's own.
final class InputPipe {
    private let readEnd: OwnedDescriptor

    var raw: CInt { readEnd.raw }

    /// The first `limit` bytes of standard input; fewer when that is all of it.
    static func head(_ limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let piece = piece(limit - bytes.count)
            if piece.isEmpty { break }
            bytes += piece
        }
        return bytes
    }

    /// What is there of standard input, waited for; nothing at its end.
    static func piece(_ limit: Int = 1 << 16) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: min(limit, 1 << 16))
        var count = read(STDIN_FILENO, &chunk, chunk.count)
        while count < 0 && errno == EINTR { count = read(STDIN_FILENO, &chunk, chunk.count) }
        return Array(chunk.prefix(max(0, count)))
    }

    /// `head` is what has been read of it already.
    init(head: [UInt8] = []) throws {
        var pipe = try Pipe()
        guard let readEnd = pipe.readEnd.take(), let writeEnd = pipe.writeEnd.take() else {
            throw OperationError(cause: "a pipe without ends")
        }
        self.readEnd = readEnd
        signal(SIGPIPE, SIG_IGN)
        let sink = writeEnd.release()
        // Ends with its reader, or with this process.
        _ = try BackgroundThread {
            defer { close(sink) }
            var bytes = head
            while !bytes.isEmpty {
                var rest = bytes[...]
                while !rest.isEmpty {
                    let written = rest.withUnsafeBytes { write(sink, $0.baseAddress, $0.count) }
                    guard written > 0 else { return }
                    rest = rest.dropFirst(written)
                }
                bytes = Self.piece()
            }
        }
    }
}
