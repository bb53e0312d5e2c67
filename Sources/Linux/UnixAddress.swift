package import Glibc

/// Why a text cannot be the address of a Unix socket.
package enum UnixAddressError: Error, Sendable, Hashable, CustomStringConvertible {
    case empty
    case containsNUL(String)
    case tooLong(String, limit: Int)

    package var description: String {
        switch self {
        case .empty: "the socket path is empty; name a file, for example $XDG_RUNTIME_DIR/executord.sock"
        case .containsNUL(let path): "socket path '\(path)' contains a NUL character; name it without"
        case .tooLong(let path, let limit):
            "socket path '\(path)' has \(path.utf8.count) bytes, the kernel's limit is \(limit); choose a shorter one"
        }
    }
}

/// The address of a Unix socket; see unix(7).
package struct UnixAddress: Sendable {
    private var storage = sockaddr_un()
    private let length: socklen_t

    /// A socket in the file system.
    package init(path: String) throws(UnixAddressError) {
        // The kernel wants room for the closing NUL.
        try self.init(bytes: Array(path.utf8), text: path, reserving: 1)
    }

    /// A socket in the abstract name space of the network namespace, named without the `@` it is written with.
    package init(abstract name: String) throws(UnixAddressError) {
        try self.init(bytes: [0] + Array(name.utf8), text: name, reserving: 0)
    }

    private init(bytes: [UInt8], text: String, reserving: Int) throws(UnixAddressError) {
        let limit = MemoryLayout.size(ofValue: storage.sun_path) - reserving
        guard !text.isEmpty else { throw .empty }
        guard !text.utf8.contains(0) else { throw .containsNUL(text) }
        guard bytes.count <= limit else { throw .tooLong(text, limit: limit - (1 - reserving)) }
        storage.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &storage.sun_path) { $0.copyBytes(from: bytes) }
        let header = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? MemoryLayout<sa_family_t>.size
        length = socklen_t(header + bytes.count + reserving)
    }

    /// Lends the address to one of bind(2), connect(2), sendto(2).
    package func withPointer(_ call: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, length) }
        }
    }
}

extension UnixAddress {
    /// The file that a socket was bound to; nil for one without a name in the file system.
    package static func path(of socket: CInt) -> String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        guard code == 0, address.sun_family == sa_family_t(AF_UNIX) else { return nil }
        let path = withUnsafeBytes(of: address.sun_path) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return path.isEmpty ? nil : path
    }
}

extension OwnedDescriptor {
    /// A new close-on-exec Unix socket.
    package static func unixSocket(_ type: __socket_type) throws(SystemError) -> OwnedDescriptor {
        let flags = CInt(type.rawValue | SOCK_CLOEXEC.rawValue)
        return OwnedDescriptor(adopting: try syscall("socket") { socket(AF_UNIX, flags, 0) })
    }
}
