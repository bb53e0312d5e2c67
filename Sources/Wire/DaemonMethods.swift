/// First call of a connection: who is there, which protocol, what limits.
package enum DaemonHello: Method {
    package static let name = "daemon.hello"
    package struct Params: Codable, Sendable {
        /// The client's name and version, for the log.
        package var client: String
        package init(client: String) { self.client = client }
    }
    package struct Result: Codable, Sendable {
        /// Version of the protocol; grows by one with each incompatible change.
        package var protocolVersion: Int
        package var version: String
        /// `system`, `user` or `embedded`.
        package var mode: String
        package var processID: Int
        package var stateDirectory: String
        package var maximumFrameBytes: Int
        package init(
            protocolVersion: Int,
            version: String,
            mode: String,
            processID: Int,
            stateDirectory: String,
            maximumFrameBytes: Int
        ) {
            self.protocolVersion = protocolVersion
            self.version = version
            self.mode = mode
            self.processID = processID
            self.stateDirectory = stateDirectory
            self.maximumFrameBytes = maximumFrameBytes
        }
    }
}

/// What the daemon is doing.
package enum DaemonStatus: Method {
    package static let name = "daemon.status"
    package typealias Params = Empty
    package struct Result: Codable, Sendable {
        package var uptimeSeconds: Double
        package var queued: Int
        package var running: Int
        package var finished: Int
        /// Of trials and commands.
        package var sandboxes: Int
        /// Those that stand and wait for one; nil from daemons that make none.
        package var prepared: Int?
        package var connections: Int
        /// `v2`, `v1`, `hybrid` or `none`.
        package var cgroups: String
        /// `range` (65536 ids of its own a sandbox) or `single`.
        package var identities: String
        package var residentBytes: Int
        package init(
            uptimeSeconds: Double,
            queued: Int,
            running: Int,
            finished: Int,
            sandboxes: Int,
            prepared: Int?,
            connections: Int,
            cgroups: String,
            identities: String,
            residentBytes: Int
        ) {
            self.uptimeSeconds = uptimeSeconds
            self.queued = queued
            self.running = running
            self.finished = finished
            self.sandboxes = sandboxes
            self.prepared = prepared
            self.connections = connections
            self.cgroups = cgroups
            self.identities = identities
            self.residentBytes = residentBytes
        }
    }
}

/// Stops the daemon: running trials are cancelled, or first finished with `drain`.
package enum DaemonShutdown: Method {
    package static let name = "daemon.shutdown"
    package struct Params: Codable, Sendable {
        package var drain: Bool
        package init(drain: Bool) { self.drain = drain }
    }
    package typealias Result = Empty
}

/// Each kernel feature: found or missing, what that costs, the command that mends it.
package enum DaemonDoctor: Method {
    package static let name = "daemon.doctor"
    package typealias Params = Empty
    package struct Result: Codable, Sendable {
        package var findings: [Finding]
        package init(findings: [Finding]) { self.findings = findings }
    }
    package struct Finding: Codable, Sendable {
        package var name: String
        /// `found`, `degraded` or `missing`.
        package var status: String
        package var detail: String
        package var cost: String?
        package var remedy: String?
        package init(name: String, status: String, detail: String, cost: String?, remedy: String?) {
            self.name = name
            self.status = status
            self.detail = detail
            self.cost = cost
            self.remedy = remedy
        }
    }
}
