/// How far an address reaches: who may let a sandbox connect to it depends on that.
package enum AddressReach: Sendable, Hashable, Comparable {
    /// The Internet.
    case everywhere
    /// Networks of an organisation, which are somebody's: RFC 1918, RFC 6598, unique-local IPv6, local NAT64.
    case privateUse
    /// This host itself, its link (with the metadata services of clouds), groups, and what is reserved.
    case special

    package init(_ address: IPAddress) {
        self = Self.reach(of: address)
    }

    private static func reach(of address: IPAddress) -> AddressReach {
        if let range = table.first(where: { $0.range.contains(address) }) {
            guard let offset = range.embedsAt else { return range.reach }
            return IPAddress(bytes: address.bytes[offset..<offset + 4]).map { max(range.reach, reach(of: $0)) }
                ?? .special
        }
        // Only 2000::/3 has been given out.
        return address.isIPv4 || address.bytes[0] & 0xe0 == 0x20 ? .everywhere : .special
    }

    /// Whether a range lies wholly in one that is not the Internet: only such a range means its addresses.
    ///
    /// `0.0.0.0/0` is everything on the Internet, and neither somebody's network nor this host.
    package static func isLocal(_ range: AddressRange) -> Bool {
        if range.length == range.network.bytes.count * 8 { return AddressReach(range.network) > .everywhere }
        if table.contains(where: { $0.range.contains(range) }) {
            return table.contains { $0.reach > .everywhere && $0.range.contains(range) }
        }
        return !range.network.isIPv4 && range.length >= 3 && AddressReach(range.network) == .special
    }

    /// IPv4 ranges that are not the Internet's.
    package static var localIPv4Ranges: [AddressRange] {
        table.filter { $0.reach > .everywhere && $0.range.network.isIPv4 }.map(\.range)
    }

    private struct Entry: Sendable {
        let range: AddressRange
        let reach: AddressReach
        /// Where an IPv4 address is in it that a connection would reach.
        var embedsAt: Int?
    }

    /// IANA's registries of special-purpose addresses, more special ones first.
    private static let table: [Entry] = [
        entries(
            .privateUse,
            "10.0.0.0/8",
            "100.64.0.0/10",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "fc00::/7",
            "64:ff9b:1::/48"
        ),
        entries(
            .special,
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20"
        ),
        entries(.everywhere, "64:ff9b::/96").map { Entry(range: $0.range, reach: $0.reach, embedsAt: 12) },
    ].flatMap { $0 }

    private static func entries(_ reach: AddressReach, _ ranges: String...) -> [Entry] {
        ranges.compactMap(AddressRange.init).map { Entry(range: $0, reach: reach) }
    }
}
