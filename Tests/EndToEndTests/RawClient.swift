import Glibc
import Linux
import Testing
import Wire

/// A client that sends whatever bytes a test wants.
final class RawClient {
    private let descriptor: CInt
    private var framer = LineFramer(limit: 8 << 20)

    init(_ path: String) throws {
        let socket = try OwnedDescriptor.unixSocket(SOCK_STREAM)
        let raw = socket.raw
        let address = try UnixAddress(path: path)
        try syscall("connect") { address.withPointer { connect(raw, $0, $1) } }
        descriptor = socket.release()
    }

    deinit { close(descriptor) }

    /// False when the daemon has closed the connection.
    @discardableResult
    func send(_ bytes: some Sequence<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(line: String) -> Bool { send(Array(line.utf8) + [UInt8(ascii: "\n")]) }

    /// Sends nothing more.
    func finish() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Sends a line with descriptors, which stay the caller's.
    @discardableResult
    func send(line: String, descriptors: [CInt]) -> Bool {
        descriptors.isEmpty
            ? send(line: line) : sendMessage(descriptor, Array(line.utf8) + [UInt8(ascii: "\n")], descriptors)
    }

    /// Sends all bytes and takes so many replies meanwhile, as neither side holds them all; fewer when the daemon leaves.
    func exchange(_ bytes: [UInt8], replies count: Int) throws -> [Reply] {
        var (rest, replies) = (bytes[...], [Reply]())
        while replies.count < count {
            if let frame = try framer.nextFrame() {
                replies.append(try WireJSON.decode(Reply.self, from: frame))
                continue
            }
            let events = rest.isEmpty ? POLLIN : POLLIN | POLLOUT
            var wait = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            try #require(poll(&wait, 1, 20_000) > 0, "no answer in 20 s")
            if wait.revents & Int16(POLLIN) != 0 {
                var chunk = [UInt8](repeating: 0, count: 65536)
                let got = read(descriptor, &chunk, chunk.count)
                guard got > 0 else { return replies }
                framer.append(chunk[..<got])
            } else {
                let sent = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
                }
                guard sent > 0 || errno == EAGAIN else { return replies }
                rest = rest.dropFirst(max(0, sent))
            }
        }
        return replies
    }

    func receive() throws -> Reply? {
        try receiveFrame().map { try WireJSON.decode(Reply.self, from: $0) }
    }

    /// The next frame; nil when the daemon has closed the connection, an issue when it says nothing for 20 s.
    func receiveFrame() throws -> [UInt8]? {
        while true {
            if let frame = try framer.nextFrame() { return frame }
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            try #require(poll(&wait, 1, 20_000) > 0, "no answer in 20 s")
            var bytes = [UInt8](repeating: 0, count: 65536)
            let count = read(descriptor, &bytes, bytes.count)
            guard count > 0 else { return nil }
            framer.append(bytes[..<count])
        }
    }

    func ask(_ line: String) throws -> Reply? {
        send(line: line)
        return try receive()
    }

    /// The part of a reply that tests look at.
    struct Reply: Decodable {
        var id: RequestID?
        var error: WireError?
        var method: String?

        var errorName: String { error?.data.name ?? "-" }
    }
}
