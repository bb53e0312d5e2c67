import CLinux
import Glibc
import SandboxPlan

/// What the daemon needs of the sandbox's network namespace to serve it from outside.
struct NetworkSockets {
    /// In the order in which they are passed with `ready`.
    let handedOver: [CInt]

    /// Called in the namespace, with loopback up.
    init(_ network: NetworkPlan) throws(SetupFailure) {
        switch network {
        case .closed: handedOver = []
        case .proxied(let port): handedOver = [try Self.listen(port)]
        case .open(let closed):
            for network in closed { try Self.close(network) }
            handedOver = [try Self.open("net"), try Self.open("user")]
        }
    }

    /// Before there is any other route; pasta's own, which is less special, comes later.
    private static func close(_ network: ClosedNetwork) throws(SetupFailure) {
        let mask = network.length == 0 ? 0 : UInt32.max << (32 - UInt32(network.length))
        _ = try attempt(.routes, "ioctl SIOCADDRT") {
            clinux_reject_route((network.address & mask).bigEndian, mask.bigEndian)
        }
    }

    private static func open(_ namespace: String) throws(SetupFailure) -> CInt {
        try attempt(.publicNetwork, "open ns/\(namespace)") {
            Glibc.open("/proc/self/ns/\(namespace)", O_RDONLY | O_CLOEXEC)
        }
    }

    /// A socket belongs to the namespace that it was made in, whoever holds it; see network_namespaces(7).
    private static func listen(_ port: UInt16) throws(SetupFailure) -> CInt {
        let descriptor = try attempt(.proxy, "socket") {
            socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        _ = try attempt(.proxy, "bind 127.0.0.1:\(port)") {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        _ = try attempt(.proxy, "listen") { Glibc.listen(descriptor, SOMAXCONN) }
        return descriptor
    }
}
