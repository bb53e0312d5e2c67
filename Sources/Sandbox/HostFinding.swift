/// One thing that sandboxes need of this host: there or not, what its absence costs, what mends it.
package struct HostFinding: Sendable, Hashable {
    package enum Status: String, Sendable {
        case found
        /// Sandboxes start, but with less than they could have.
        case degraded
        case missing
    }

    package let name: String
    package let status: Status
    package let detail: String
    /// What cannot be done without; nil when it is found.
    package let cost: String?
    /// A command, or in words what to change; nil when it is found or nothing here can mend it.
    package let remedy: String?

    /// A finding that is there.
    static func found(_ name: String, _ detail: String) -> HostFinding {
        HostFinding(name: name, status: .found, detail: detail, cost: nil, remedy: nil)
    }

    static func degraded(_ name: String, _ detail: String, cost: String, remedy: String?) -> HostFinding {
        HostFinding(name: name, status: .degraded, detail: detail, cost: cost, remedy: remedy)
    }

    static func missing(_ name: String, _ detail: String, cost: String, remedy: String?) -> HostFinding {
        HostFinding(name: name, status: .missing, detail: detail, cost: cost, remedy: remedy)
    }
}
