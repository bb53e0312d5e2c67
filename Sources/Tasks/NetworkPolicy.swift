package import Wire

/// What a phase of a trial may reach.
package enum NetworkPolicy: Sendable, Hashable {
    /// Nothing but the sandbox's own loopback.
    case closed
    /// The named hosts, addresses and ranges, in lower case.
    case allowlist([String])
    /// Anything.
    case open

    package typealias Kind = NetworkKind

    package var kind: Kind {
        switch self {
        case .closed: .closed
        case .allowlist: .allowlist
        case .open: .open
        }
    }
}

extension NetworkPolicy {
    /// Reads `network_mode`, `allowed_hosts` and, for environments, the older `allow_internet`; nil when none is there.
    static func declared<Key: CodingKey>(
        in table: KeyedDecodingContainer<Key>,
        mode: Key,
        hosts: Key,
        allowInternet: Key?
    ) throws -> NetworkPolicy? {
        let entries = try table.decodeIfPresent([String].self, forKey: hosts)
        guard let name = try table.decodeIfPresent(String.self, forKey: mode) else {
            if entries != nil {
                throw DecodingError.dataCorruptedError(
                    forKey: hosts,
                    in: table,
                    debugDescription: "needs network_mode = \"allowlist\""
                )
            }
            guard let allowInternet, let allowed = try table.decodeIfPresent(Bool.self, forKey: allowInternet) else {
                return nil
            }
            return allowed ? .open : .closed
        }
        guard let kind = Kind(rawValue: name) else {
            throw DecodingError.dataCorruptedError(
                forKey: mode,
                in: table,
                debugDescription: "is '\(name)'; use \"public\", \"no-network\" or \"allowlist\""
            )
        }
        if kind == .allowlist { return .allowlist(try normalized(entries ?? [], key: hosts, in: table)) }
        guard entries?.isEmpty ?? true else {
            throw DecodingError.dataCorruptedError(
                forKey: hosts,
                in: table,
                debugDescription: "is only valid with network_mode = \"allowlist\""
            )
        }
        return kind == .open ? .open : .closed
    }

    private static func normalized<Key: CodingKey>(
        _ entries: [String],
        key: Key,
        in table: KeyedDecodingContainer<Key>
    ) throws -> [String] {
        try entries.map { entry in
            guard let host = AllowedHost(entry) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key,
                    in: table,
                    debugDescription: "'\(entry)' is no host name, *.suffix, address or range (no URLs, no ports)"
                )
            }
            return host.text
        }
    }
}
