import Glibc
import Linux

/// Standard input behind a pipe: a sandbox is never given a descriptor of the caller's own.
final class InputPipe {
    private let readEnd: OwnedDescriptor

    var raw: CInt { readEnd.raw }

    init() throws {
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
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(STDIN_FILENO, &bytes, bytes.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                var rest = bytes[..<count]
                while !rest.isEmpty {
                    let written = rest.withUnsafeBytes { write(sink, $0.baseAddress, $0.count) }
                    guard written > 0 else { return }
                    rest = rest.dropFirst(written)
                }
            }
        }
    }
}
