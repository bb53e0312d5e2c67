import FoundationEssentials
import Glibc
import Reactor
import Sandbox
import Trajectory
import Wire

/// `daemon.*`: who this is, how it is, and its end.
struct DaemonRoutes: Sendable {
    let daemon: Daemon

    var routes: [Route] {
        [
            hello(processID: Int(getpid()), stateDirectory: daemon.configuration.state),
            Route(DaemonStatus.self) { _, _ in try await status() },
            Route(DaemonShutdown.self) { params, caller, _ in
                guard caller.isAdministrator else {
                    throw WireError(.forbidden, "only root, the daemon's own user and administrators may stop it")
                }
                return Answer(Empty()) { daemon.requestStop(drain: params.drain) }
            },
            Route(DaemonDoctor.self) { _, _ in
                DaemonDoctor.Result(findings: try await findings())
            },
        ]
    }

    /// For the sockets inside sandboxes, whose clients introduce themselves, too; they learn nothing of the host.
    var innerRoutes: [Route] { [hello(processID: 0, stateDirectory: "")] }

    private func hello(processID: Int, stateDirectory: String) -> Route {
        Route(DaemonHello.self) { _, _ in
            DaemonHello.Result(
                protocolVersion: Release.protocolVersion,
                version: Release.version,
                mode: daemon.mode.rawValue,
                processID: processID,
                stateDirectory: stateDirectory,
                maximumFrameBytes: LineFramer.defaultLimit
            )
        }
    }

    /// The probe tries system calls and blocks for some milliseconds: not on the pool.
    private func findings() async throws -> [DaemonDoctor.Finding] {
        let probe = HostProbe(stateDirectory: daemon.configuration.state, cgroups: daemon.services.cgroups)
        let findings = try await onOwnThread { probe.findings() }.map { finding in
            DaemonDoctor.Finding(
                name: finding.name,
                status: finding.status.rawValue,
                detail: finding.detail,
                cost: finding.cost,
                remedy: finding.remedy
            )
        }
        let prepared = await daemon.services.prepared.count
        let detail = "\(prepared) at this moment, of at most \(PreparedSandboxes.inAll)"
        return findings + [
            DaemonDoctor.Finding(
                name: "prepared sandboxes",
                status: "found",
                detail: detail,
                cost: nil,
                remedy: nil
            )
        ]
    }

    private func status() async throws -> DaemonStatus.Result {
        let counts = try await daemon.services.store.counts()
        let queued = counts[.queued] ?? 0
        let running = await daemon.trials.runningCount
        let prepared = await daemon.services.prepared.count
        return DaemonStatus.Result(
            uptimeSeconds: Double((ContinuousClock().now - daemon.startedAt).milliseconds / 1000),
            queued: queued,
            running: running,
            finished: counts.filter { $0.key.isTerminal }.values.reduce(0, +),
            sandboxes: max(0, daemon.services.host.liveSandboxes - prepared),
            prepared: prepared,
            connections: daemon.connections,
            cgroups: daemon.services.cgroups.layoutName,
            identities: daemon.identityText,
            residentBytes: residentBytes()
        )
    }

    /// See proc(5), /proc/self/statm: the second field counts pages.
    private func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }
}
