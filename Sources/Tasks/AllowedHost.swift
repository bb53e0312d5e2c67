import Glibc

/// One entry of an allow-list: a host name, `*.suffix`, an address, or a range of addresses.
struct AllowedHost: Sendable, Hashable {
    /// In lower case, without the final dot.
    let text: String

    /// Nil for anything else, URLs and ports among it.
    init?(_ entry: String) {
        var text = entry.lowercased()
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace || last == "." { text.removeLast() }
        guard Self.isRange(text) || Self.isAddress(text) || Self.isName(text) else { return nil }
        self.text = text
    }

    /// A prefix of an address with no bit set behind it.
    private static func isRange(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = bytes(of: String(parts[0])), let length = Int(parts[1]),
            parts[1].allSatisfy(\.isNumber), length <= address.count * 8
        else { return false }
        return (length..<address.count * 8).allSatisfy { address[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 }
    }

    private static func isAddress(_ text: String) -> Bool { bytes(of: text) != nil }

    /// See inet_pton(3): dotted quads and IPv6 without a zone.
    private static func bytes(of address: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, address, &bytes) == 1 { return Array(bytes[..<4]) }
        return inet_pton(AF_INET6, address, &bytes) == 1 ? bytes : nil
    }

    /// Labels of RFC 1123, the first of which may be a star if another follows and it is no address.
    private static func isName(_ text: String) -> Bool {
        let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        guard !name.isEmpty, name.utf8.count <= 253, text == name || !isAddress(String(name)) else { return false }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                }
        }
    }
}
