/// One entry of an allow-list: a host name, `*.suffix`, an address, or a range of addresses.
package enum AllowedHost: Sendable, Hashable {
    /// In lower case, without the final dot.
    case name(String)
    /// Every name below this one, at any depth; not the name itself.
    case below(String)
    case range(AddressRange)

    /// Nil for anything else, URLs and ports among it.
    package init?(_ entry: String) {
        var text = entry.lowercased()
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace || last == "." { text.removeLast() }
        if let range = AddressRange(text) {
            self = .range(range)
        } else if text.hasPrefix("*."), HostName.isName(text.dropFirst(2)) {
            self = .below(String(text.dropFirst(2)))
        } else if HostName.isName(text[...]) {
            self = .name(text)
        } else {
            return nil
        }
    }

    /// As it is written in a list.
    package var text: String {
        switch self {
        case .name(let name): name
        case .below(let suffix): "*.\(suffix)"
        case .range(let range): "\(range)"
        }
    }

    /// Whether all that `other` means is meant by this one, too.
    package func covers(_ other: AllowedHost) -> Bool {
        switch (self, other) {
        case (.name(let own), .name(let name)): own == name
        case (.below(let suffix), .name(let name)): name.hasSuffix("." + suffix)
        case (.below(let suffix), .below(let other)): other == suffix || other.hasSuffix("." + suffix)
        case (.range(let own), .range(let range)):
            own.contains(range) && (AddressReach.isLocal(own) || !AddressReach.isLocal(range))
        default: false
        }
    }
}

/// The syntax of host names.
package enum HostName {
    /// Labels of RFC 1123, in lower case.
    ///
    /// A name whose last label is a number is none: resolvers take `127.1` and `0x7f000001` for addresses.
    package static func isName(_ name: Substring) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard !name.isEmpty, name.utf8.count <= 253, let last = labels.last else { return false }
        return labels.allSatisfy(isLabel) && !isNumber(last)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte) || byte == UInt8(ascii: "-")
            }
    }

    private static func isNumber(_ label: Substring) -> Bool {
        if label.utf8.allSatisfy(isDigit) { return true }
        return label.hasPrefix("0x")
            && label.utf8.dropFirst(2).allSatisfy {
                isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
