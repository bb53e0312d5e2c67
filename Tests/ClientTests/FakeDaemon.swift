import Glibc
import Testing

@testable import Client

/// The daemon's side of one connection, played by the test in the same thread.
///
/// Replies are written before the client asks: the kernel's socket buffer holds them, so no thread has to wait.
final class FakeDaemon {
    private let directory: Directory
    let path: String
    private let listener: CInt
    private var peer: CInt = -1

    init() throws {
        directory = try Directory()
        path = directory.path + "/daemon.sock"
        listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { [path] in $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { [listener] in
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 4) == 0)
    }

    deinit {
        close(listener)
        if peer >= 0 { close(peer) }
    }

    /// A connected client; `receiveSize` 1 makes it read byte by byte.
    func client(receiveSize: Int = 1 << 16) throws -> Connection {
        let connection = try Connection(connectingTo: path, receiveSize: receiveSize)
        peer = accept(listener, nil, nil)
        try #require(peer >= 0)
        return connection
    }

    /// Puts frames into the client's socket buffer.
    func say(_ lines: String...) throws {
        let text = lines.map { $0 + "\n" }.joined()
        try #require(write(peer, text, text.utf8.count) == text.utf8.count)
    }

    func sayWithoutNewline(_ text: String) throws {
        try #require(write(peer, text, text.utf8.count) == text.utf8.count)
    }

    func hangUp() {
        close(peer)
        peer = -1
    }

    /// What the client has sent so far, and the descriptors that came with it.
    func heard() throws -> (text: String, descriptors: [CInt]) {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var control = [UInt8](repeating: 0, count: 64)
        var message = msghdr()
        let count = bytes.withUnsafeMutableBytes { buffer in
            control.withUnsafeMutableBytes { extra in
                var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    message.msg_control = extra.baseAddress
                    message.msg_controllen = extra.count
                    return recvmsg(peer, &message, CInt(MSG_DONTWAIT))
                }
            }
        }
        try #require(count >= 0)
        var descriptors: [CInt] = []
        control.withUnsafeBytes { extra in
            guard message.msg_controllen >= MemoryLayout<cmsghdr>.size else { return }
            let header = extra.load(as: cmsghdr.self)
            for offset in stride(from: MemoryLayout<cmsghdr>.size, to: header.cmsg_len, by: 4) {
                descriptors.append(extra.load(fromByteOffset: offset, as: CInt.self))
            }
        }
        return (String(decoding: bytes.prefix(count), as: UTF8.self), descriptors)
    }
}
