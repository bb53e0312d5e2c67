package import Linux

/// Why a socket cannot be listened on.
package enum ListenError: Error, Sendable, Hashable, CustomStringConvertible {
    case address(UnixAddressError)
    /// Another process answers at the path, or is about to.
    case inUse(path: String)
    /// Something that is not a socket lies at the path.
    case notASocket(path: String)
    /// The descriptor handed over is not a listening Unix stream socket.
    case notListening(descriptor: CInt)
    case system(SystemError, path: String)

    package var description: String {
        switch self {
        case .address(let error): error.description
        case .inUse(let path): "another process serves \(path); stop it, or choose another socket path"
        case .notASocket(let path): "\(path) exists and is not a socket; move it away, or choose another socket path"
        case .notListening(let descriptor):
            "descriptor \(descriptor) is not a listening Unix stream socket; use ListenStream= in the socket unit"
        case .system(let error, let path):
            "cannot listen on \(path): \(error); check that its directory exists and is writable"
        }
    }
}
