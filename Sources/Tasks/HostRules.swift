/// A list of hosts as it is asked about requests.
package struct HostList: Sendable, Hashable {
    package let entries: [AllowedHost]

    package init(_ entries: [AllowedHost]) {
        self.entries = entries
    }

    func lists(name: String) -> Bool { entries.contains { $0.covers(.name(name)) } }

    /// Whether an entry means this address: a range that reaches to the Internet means nothing nearer.
    func lists(_ address: IPAddress) -> Bool {
        let isLocal = AddressReach(address) > .everywhere
        return entries.contains { entry in
            guard case .range(let range) = entry else { return false }
            return range.contains(address) && (!isLocal || AddressReach.isLocal(range))
        }
    }
}

/// Who a request is for, as it says.
package enum RequestedHost: Sendable, Hashable, CustomStringConvertible {
    case name(String)
    case address(IPAddress)

    /// A name, a dotted quad, or IPv6 in brackets; nil for all else, other spellings of addresses among it.
    package init?(_ text: String) {
        if text.hasPrefix("["), text.hasSuffix("]") {
            guard text.contains(":"), let address = IPAddress(String(text.dropFirst().dropLast())) else { return nil }
            self = .address(address)
        } else if let address = IPAddress(text), !text.contains(":") {
            self = .address(address)
        } else {
            let name = text.hasSuffix(".") ? text.dropLast().lowercased() : text.lowercased()
            guard HostName.isName(name[...]) else { return nil }
            self = .name(name)
        }
    }

    package var description: String {
        switch self {
        case .name(let name): name
        case .address(let address): address.isIPv4 ? "\(address)" : "[\(address)]"
        }
    }
}

/// Why a target is not reached.
package enum TargetRefusal: String, Sendable, Hashable, Error {
    /// Neither the name nor the address is in the list.
    case notListed
    /// The port is none of those that may be used.
    case port
    /// The name is in the list, but all that it stands for is nearer than the Internet.
    case address
}

/// Which targets a sandbox may reach: what its task lists, inside of what the administrator lists.
package struct HostRules: Sendable, Hashable {
    package let task: HostList
    /// nil: everything, but for what only an administrator may open.
    package let administrator: HostList?
    package let ports: Set<UInt16>

    package init(task: HostList, administrator: HostList?, ports: Set<UInt16>) {
        self.task = task
        self.administrator = administrator
        self.ports = ports
    }

    /// Asked before anything is resolved: the name server of a host that nobody listed hears nothing.
    package func check(_ host: RequestedHost, port: UInt16) throws(TargetRefusal) {
        switch host {
        case .name(let name):
            guard task.lists(name: name), administrator?.lists(name: name) ?? true else { throw .notListed }
        case .address(let address):
            guard isListed(address) else { throw .notListed }
        }
        guard ports.contains(port) else { throw .port }
    }

    /// The addresses of a host that may be connected to.
    package func reachable(_ addresses: [IPAddress], of host: RequestedHost) throws(TargetRefusal) -> [IPAddress] {
        let isNamed = if case .name = host { true } else { false }
        let reachable = addresses.filter { (isNamed && AddressReach($0) == .everywhere) || isListed($0) }
        guard !reachable.isEmpty else { throw .address }
        return reachable
    }

    private func isListed(_ address: IPAddress) -> Bool {
        guard task.lists(address) else { return false }
        return administrator?.lists(address) ?? (AddressReach(address) < .special)
    }

    /// Entries of the task's list that the administrator does not grant.
    package var beyond: [AllowedHost] {
        task.entries.filter { entry in
            if let administrator { return !administrator.entries.contains { $0.covers(entry) } }
            guard case .range(let range) = entry, AddressReach.isLocal(range) else { return false }
            return AddressReach(range.network) == .special
        }
    }
}
