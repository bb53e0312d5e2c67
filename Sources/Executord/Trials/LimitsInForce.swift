import Sandbox
import SandboxPlan
import Wire

/// What a sandbox may use, for telling which of it an action met.
struct LimitsInForce: Sendable {
    var group: CgroupLimits
    var layerBytes: UInt64
    var layerInodes: UInt64

    /// The limits that a result shows to have been met; `action` has those in time.
    func met(by result: ActionResult, of action: SandboxAction) -> [LimitMet] {
        var met: [LimitMet] = []
        func add(_ limit: LimitKind, _ value: Double?, if isMet: Bool) {
            if isMet, let value { met.append(LimitMet(limit, value)) }
        }
        add(.wallClock, action.timeout.map { $0.milliseconds / 1000 }, if: result.end == .timedOut)
        add(.cpuTime, action.cpuTimeout.map { $0.milliseconds / 1000 }, if: result.end == .cpuTimeExceeded)
        add(.memory, group.memoryBytes.map(Double.init), if: result.oomKills > 0)
        add(.processes, group.processes.map(Double.init), if: result.refusedProcesses > 0)
        add(.disk, Double(layerBytes), if: result.full.contains(.bytes))
        add(.inodes, Double(layerInodes), if: result.full.contains(.inodes))
        for output in [result.stdout, result.stderr] {
            add(.output, Double(output.total - output.omitted), if: output.omitted > 0)
        }
        return met
    }
}
