import CLinux
import Glibc
import Linux

/// Two connected SOCK_SEQPACKET ends: ours does not block, theirs is handed over.
struct SocketPair: ~Copyable {
    private var ours: OwnedDescriptor?
    private let other: OwnedDescriptor

    /// The end to hand over; closed with the pair.
    var theirs: CInt { other.raw }

    init() throws(SandboxError) {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .system(call: "socketpair", errno: errno) }
        guard clinux_set_nonblocking(ends[0]) == 0 else {
            let code = errno
            for end in ends { _ = close(end) }
            throw .system(call: "fcntl", errno: code)
        }
        ours = OwnedDescriptor(adopting: ends[0])
        other = OwnedDescriptor(adopting: ends[1])
    }

    /// Our end, once.
    mutating func takeOurs() -> OwnedDescriptor {
        guard let end = ours.take() else { preconditionFailure("an end is taken once") }
        return end
    }
}

/// An anonymous file that holds `bytes` and cannot be changed any more; see memfd_create(2).
func sealedMemory(_ name: String, _ bytes: [UInt8]) throws(SandboxError) -> OwnedDescriptor {
    let raw = clinux_memfd(name)
    guard raw >= 0 else { throw .system(call: "memfd_create", errno: errno) }
    let file = OwnedDescriptor(adopting: raw)
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
        guard count > 0 else { throw .system(call: "write to memfd", errno: errno) }
        rest = rest.dropFirst(count)
    }
    guard clinux_seal(raw) == 0 else { throw .system(call: "seal memfd", errno: errno) }
    return file
}
