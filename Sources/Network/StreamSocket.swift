import CLinux
import Glibc
package import Linux
package import Reactor
package import Tasks

/// A connected stream socket: one task receives, one sends, and the end of either is seen by both.
package final class StreamSocket: Sendable {
    private let descriptor: SharedDescriptor
    private let reactor: Reactor

    /// Takes over a connected or connecting socket, which becomes non-blocking.
    package init(adopting socket: consuming OwnedDescriptor, reactor: Reactor) throws(SystemError) {
        let raw = socket.raw
        try syscall("fcntl(O_NONBLOCK)") { clinux_set_nonblocking(raw) }
        descriptor = SharedDescriptor(adopting: socket)
        self.reactor = reactor
    }

    deinit { close() }

    /// Connects to an address; cancellation ends the attempt.
    package static func connect(
        to address: IPAddress,
        port: UInt16,
        reactor: Reactor
    ) async throws(SystemError) -> StreamSocket {
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let raw = try syscall("socket") { socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
        let stream = try StreamSocket(adopting: OwnedDescriptor(adopting: raw), reactor: reactor)
        do {
            try syscall("connect") { SocketAddress(address, port).withPointer { Glibc.connect(raw, $0, $1) } }
        } catch  where error.code == EINPROGRESS {
            guard await reactor.waitUntilReady(raw, for: .write) else {
                throw SystemError(call: "connect", code: ECANCELED)
            }
            var code: CInt = 0
            var length = socklen_t(MemoryLayout<CInt>.size)
            try syscall("getsockopt") { getsockopt(raw, SOL_SOCKET, SO_ERROR, &code, &length) }
            guard code == 0 else { throw SystemError(call: "connect", code: code) }
        }
        return stream
    }

    /// The next bytes; nil at the end of the stream, when the socket is closed, or the task cancelled.
    package func receive(limit: Int = 64 << 10) async throws(SystemError) -> [UInt8]? {
        while !Task.isCancelled {
            var code: CInt = 0
            let bytes = descriptor.withRaw { raw in
                [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                    let received = recv(raw, buffer.baseAddress, limit, 0)
                    code = received < 0 ? errno : 0
                    count = max(0, received)
                }
            }
            guard let bytes else { return nil }
            switch code {
            case 0: return bytes.isEmpty ? nil : bytes
            case EINTR: continue
            case EAGAIN:
                guard await wait(.read) else { return nil }
            default: throw SystemError(call: "recv", code: code)
            }
        }
        return nil
    }

    /// Sends all bytes; false when the socket is closed, or the task cancelled, before that.
    package func send(_ bytes: [UInt8]) async throws(SystemError) -> Bool {
        var sent = 0
        while sent < bytes.count {
            if Task.isCancelled { return false }
            var code: CInt = 0
            let count = descriptor.withRaw { raw in
                bytes.withUnsafeBytes { buffer in
                    let count = Glibc.send(
                        raw,
                        buffer.baseAddress?.advanced(by: sent),
                        buffer.count - sent,
                        CInt(MSG_NOSIGNAL)
                    )
                    code = count < 0 ? errno : 0
                    return max(0, count)
                }
            }
            guard let count else { return false }
            switch code {
            case 0: sent += count
            case EINTR: continue
            case EAGAIN:
                guard await wait(.write) else { return false }
            default: throw SystemError(call: "send", code: code)
            }
        }
        return true
    }

    /// Tells the peer that nothing more comes.
    package func endSending() {
        descriptor.withRaw { _ = shutdown($0, CInt(SHUT_WR)) }
    }

    /// Ends every wait and both directions.
    package func close() {
        guard let owned = descriptor.take() else { return }
        reactor.forget(owned.raw)
    }

    private func wait(_ interest: Reactor.Interest) async -> Bool {
        // Registered while nobody can close it: its number is no other file's yet.
        guard let edges = descriptor.withRaw({ reactor.readiness(of: $0, for: interest) }) else { return false }
        for await _ in edges { return true }
        return false
    }
}

/// An address and a port as the kernel takes them; see ip(7), ipv6(7).
struct SocketAddress: Sendable {
    private var storage = sockaddr_storage()
    private let length: socklen_t

    init(_ address: IPAddress, _ port: UInt16) {
        if address.isIPv4 {
            var own = sockaddr_in()
            own.sin_family = sa_family_t(AF_INET)
            own.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &own.sin_addr) { $0.copyBytes(from: address.bytes) }
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: own, as: sockaddr_in.self) }
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
        } else {
            var own = sockaddr_in6()
            own.sin6_family = sa_family_t(AF_INET6)
            own.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &own.sin6_addr) { $0.copyBytes(from: address.bytes) }
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: own, as: sockaddr_in6.self) }
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    func withPointer(_ call: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, length) }
        }
    }
}
