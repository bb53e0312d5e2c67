import Glibc

/// An IPv4 or IPv6 address, in the one form that is compared and connected to.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen.
    package let bytes: [UInt8]

    /// An IPv4 address in IPv6 clothes (`::ffff:0:0/96`) becomes what a connection to it reaches.
    ///
    /// Nil unless there are 4 or 16 bytes.
    package init?(bytes: some Sequence<UInt8>) {
        let all = Array(bytes)
        switch all.count {
        case 4: self.bytes = all
        case 16: self.bytes = all.starts(with: Self.mappedPrefix) ? Array(all[12...]) : all
        default: return nil
        }
    }

    /// Dotted quads and IPv6 without a zone, as inet_pton(3) has them: no octal, no hexadecimal, no omitted parts.
    package init?(_ text: String) {
        var buffer = [UInt8](repeating: 0, count: 16)
        guard !text.utf8.contains(0) else { return nil }
        if inet_pton(AF_INET, text, &buffer) == 1 {
            self.init(bytes: buffer[..<4])
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            self.init(bytes: buffer)
        } else {
            return nil
        }
    }

    package var isIPv4: Bool { bytes.count == 4 }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
}

/// A network: all addresses that begin with the same bits.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    /// No bit is set behind the prefix.
    package let network: IPAddress
    package let length: Int

    /// `10.0.0.0/8`, `fd00::/8`, or an address, which is a range of one; nil for anything else, host bits among it.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let network = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
        let bits = network.bytes.count * 8
        switch parts.count {
        case 1: self.init(network, length: bits)
        case 2:
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let given = Int(parts[1])
            else { return nil }
            // `::ffff:10.0.0.0/104` is written for 128 bits and means 10.0.0.0/8.
            self.init(network, length: network.isIPv4 && parts[0].contains(":") ? given - 96 : given)
        default: return nil
        }
    }

    init?(_ network: IPAddress, length: Int) {
        let bits = network.bytes.count * 8
        guard (0...bits).contains(length),
            (length..<bits).allSatisfy({ network.bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 })
        else { return nil }
        self.network = network
        self.length = length
    }

    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == network.bytes.count else { return false }
        return (0..<length).allSatisfy { bit in
            (address.bytes[bit / 8] ^ network.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }

    package func contains(_ other: AddressRange) -> Bool {
        other.length >= length && contains(other.network)
    }

    package var description: String {
        length == network.bytes.count * 8 ? "\(network)" : "\(network)/\(length)"
    }
}
