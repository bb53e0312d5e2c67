import Glibc
import SandboxPlan
import Tasks

/// What a public network does not reach: networks that are not the Internet's, and this host by its own addresses.
enum NearNetworks {
    static func all() -> [ClosedNetwork] {
        AddressReach.localIPv4Ranges.map(ClosedNetwork.init) + ownAddresses()
    }

    /// See getifaddrs(3); what lies in one of the ranges is closed already.
    private static func ownAddresses() -> [ClosedNetwork] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: Set<ClosedNetwork> = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = UnsafeRawPointer(entry.ifa_addr),
                address.load(as: sockaddr.self).sa_family == sa_family_t(AF_INET)
            else { continue }
            let bytes = withUnsafeBytes(of: address.load(as: sockaddr_in.self).sin_addr) { Array($0) }
            guard let own = IPAddress(bytes: bytes), AddressReach(own) == .everywhere,
                let range = AddressRange("\(own)")
            else { continue }
            found.insert(ClosedNetwork(range))
        }
        return Array(found)
    }
}

extension ClosedNetwork {
    /// An IPv4 range.
    init(_ range: AddressRange) {
        let address = range.network.bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        self.init(address: address, length: UInt8(range.length))
    }
}
