import CLinux
import Glibc
import Linux
import Reactor

/// A pipe of which one end is handed over and the other one kept.
struct SharedPipe: Sendable {
    let reading: SharedDescriptor
    let writing: SharedDescriptor

    init() throws(SandboxError) {
        do {
            var pipe = try Pipe()
            guard let reading = pipe.readEnd.take(), let writing = pipe.writeEnd.take() else {
                throw SandboxError.protocolBroken("pipe")
            }
            self.reading = SharedDescriptor(adopting: reading)
            self.writing = SharedDescriptor(adopting: writing)
        } catch let error as SystemError {
            throw .system(call: error.call, errno: error.code)
        } catch {
            throw .protocolBroken("\(error)")
        }
    }
}

extension SharedDescriptor {
    /// The end that is kept never blocks.
    func setNonblocking() throws(SandboxError) {
        guard withRaw({ clinux_set_nonblocking($0) }) == 0 else { throw .system(call: "fcntl", errno: errno) }
    }

    /// Reads until the end, at most `limit` bytes; what comes after is not taken.
    ///
    /// - Throws: `.cancelled` when the task is cancelled first.
    func readAll(limit: Int, on reactor: Reactor) async throws(SandboxError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(limit + 1, 64 << 10))
        guard let edges = withRaw({ reactor.readiness(of: $0) }) else { return [] }
        for await _ in edges {
            while true {
                let count = withRaw { read($0, &chunk, chunk.count) } ?? 0
                if count < 0 && errno == EINTR { continue }
                if count < 0 && errno == EAGAIN { break }
                guard count > 0, bytes.count < limit else { return bytes }
                bytes += chunk[..<min(count, limit - bytes.count)]
            }
        }
        throw .cancelled
    }
}
