import Glibc

/// A connected Unix stream socket: bytes both ways, descriptors with the first byte of what is sent.
struct FrameSocket: ~Copyable {
    let descriptor: CInt

    /// Takes over a connected socket.
    init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    deinit { _ = close(descriptor) }

    /// Connects to the socket at `path`.
    static func connected(to path: String) throws(SocketError) -> FrameSocket {
        let fresh = FrameSocket(
            descriptor: try SocketError.check("socket") {
                socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | closeOnExec, 0)
            }
        )
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { throw SocketError(call: "connect", code: ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = fresh.descriptor
        _ = try SocketError.check("connect") {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        return fresh
    }

    /// SOCK_CLOEXEC of socket(2); the importer shows it under different types in different releases.
    private static let closeOnExec: CInt = 0o2000000

    /// Sends all bytes; `descriptors` go with the first of them (unix(7), SCM_RIGHTS).
    func send(_ bytes: [UInt8], descriptors: [CInt]) throws(SocketError) {
        var sent = 0
        while sent < bytes.count {
            let carried = sent == 0 ? descriptors : []
            sent += try SocketError.check("sendmsg") { sendOnce(bytes, from: sent, descriptors: carried) }
        }
    }

    private func sendOnce(_ bytes: [UInt8], from start: Int, descriptors: [CInt]) -> Int {
        bytes.withUnsafeBytes { buffer in
            var vector = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress?.advanced(by: start)),
                iov_len: buffer.count - start
            )
            var control = Self.control(carrying: descriptors)
            return withUnsafeMutablePointer(to: &vector) { vector in
                control.withUnsafeMutableBytes { control in
                    var message = msghdr()
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    message.msg_control = control.isEmpty ? nil : control.baseAddress
                    message.msg_controllen = control.count
                    return sendmsg(descriptor, &message, CInt(MSG_NOSIGNAL))
                }
            }
        }
    }

    /// One control message by hand, because the CMSG macros cannot be imported: header, descriptors, padding to 8.
    private static func control(carrying descriptors: [CInt]) -> [UInt8] {
        guard !descriptors.isEmpty else { return [] }
        let payload = descriptors.count * MemoryLayout<CInt>.size
        var header = cmsghdr()
        header.cmsg_len = MemoryLayout<cmsghdr>.size + payload
        header.cmsg_level = SOL_SOCKET
        header.cmsg_type = CInt(SCM_RIGHTS)
        var bytes = withUnsafeBytes(of: header, Array.init)
        descriptors.withUnsafeBytes { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8))
        return bytes
    }

    /// At most `limit` bytes; empty at the end of the stream.
    func receive(atMost limit: Int) throws(SocketError) -> [UInt8] {
        var failure: SocketError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(SocketError) {
                count = try SocketError.check("recv") { recv(descriptor, buffer.baseAddress, buffer.count, 0) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Whether bytes or the end of the stream are there within so many milliseconds; -1 waits for ever.
    func isReadable(within milliseconds: CInt) throws(SocketError) -> Bool {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return try SocketError.check("poll") { poll(&wait, 1, milliseconds) } > 0
    }
}

/// A failed call on the socket.
struct SocketError: Error {
    var call: String
    var code: CInt

    var reason: String { String(cString: strerror(code)) }

    /// Runs a call until it is not interrupted; reads errno before anything else can change it.
    static func check<Number: FixedWidthInteger>(
        _ call: String,
        _ body: () -> Number
    ) throws(SocketError) -> Number {
        while true {
            let result = body()
            if result != -1 { return result }
            let code = errno
            if code != EINTR { throw SocketError(call: call, code: code) }
        }
    }
}
