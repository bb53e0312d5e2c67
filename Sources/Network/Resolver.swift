import Glibc
import Reactor
import Synchronization
package import Tasks

/// Turns names into addresses, on the host's side.
package protocol HostResolver: Sendable {
    /// In the order in which they should be tried; empty when there is none.
    func addresses(of name: String) async -> [IPAddress]
}

/// The host's own resolver; see getaddrinfo(3), which blocks, and so runs on threads of its own.
package struct SystemResolver: HostResolver {
    package init() {}

    package func addresses(of name: String) async -> [IPAddress] {
        (try? await onOwnThread { Self.lookUp(name) }) ?? []
    }

    private static func lookUp(_ name: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = address(entry), !addresses.contains(address) else { continue }
            addresses.append(address)
        }
        return addresses
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let pointer = UnsafeRawPointer(entry.ai_addr) else { return nil }
        switch entry.ai_family {
        case AF_INET where Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in>.size:
            return withUnsafeBytes(of: pointer.load(as: sockaddr_in.self).sin_addr) { IPAddress(bytes: $0) }
        case AF_INET6 where Int(entry.ai_addrlen) >= MemoryLayout<sockaddr_in6>.size:
            return withUnsafeBytes(of: pointer.load(as: sockaddr_in6.self).sin6_addr) { IPAddress(bytes: $0) }
        default: return nil
        }
    }
}
