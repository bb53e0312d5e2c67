import CLinux
import Glibc
import Linux

/// A connected Unix stream socket: bytes both ways, descriptors with the first byte of what is sent.
struct FrameSocket: ~Copyable {
    private let socket: OwnedDescriptor

    var descriptor: CInt { socket.raw }

    /// Connects to the socket at `path`.
    static func connected(to path: String) throws(SystemError) -> FrameSocket {
        let socket = OwnedDescriptor(
            adopting: try syscall("socket") { Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | closeOnExec, 0) }
        )
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { throw SystemError(call: "connect", code: ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket.raw
        try syscall("connect") {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        return FrameSocket(socket: socket)
    }

    /// SOCK_CLOEXEC of socket(2); the importer shows it under different types in different releases.
    private static let closeOnExec: CInt = 0o2000000

    /// Sends all bytes; `descriptors` go with the first of them (unix(7), SCM_RIGHTS).
    func send(_ bytes: [UInt8], descriptors: [CInt]) throws(SystemError) {
        var sent = 0
        while sent < bytes.count {
            let carried = sent == 0 ? descriptors : []
            sent += try syscall("sendmsg") {
                bytes.withUnsafeBytes { buffer in
                    clinux_send_message(
                        descriptor,
                        buffer.baseAddress?.advanced(by: sent),
                        buffer.count - sent,
                        carried,
                        carried.count
                    )
                }
            }
        }
    }

    /// At most `limit` bytes; empty at the end of the stream.
    func receive(atMost limit: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(SystemError) {
                count = try syscall("recv") { recv(descriptor, buffer.baseAddress, buffer.count, 0) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Whether bytes or the end of the stream are there within so many milliseconds; -1 waits for ever.
    func isReadable(within milliseconds: CInt) throws(SystemError) -> Bool {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return try syscall("poll") { poll(&wait, 1, milliseconds) } > 0
    }
}
