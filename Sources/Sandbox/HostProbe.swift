/// What `executorctl doctor` asks: tries and reads everything that sandboxes need of this host.
package struct HostProbe: Sendable {
    /// The cost of what no sandbox can do without.
    package static let noSandbox = HostReport.noSandbox

    private let stateDirectory: String
    private let cgroups: CgroupTree?

    /// - Parameters:
    ///   - stateDirectory: where layers and outputs are kept; its file system's free space is judged.
    ///   - cgroups: the daemon's open tree; nil when it could not be opened, which is reported as such.
    package init(stateDirectory: String, cgroups: CgroupTree?) {
        self.stateDirectory = stateDirectory
        self.cgroups = cgroups
    }

    /// Everything, most fundamental first.
    ///
    /// Blocks for some milliseconds, leaves nothing behind, needs no launcher.
    package func findings() -> [HostFinding] {
        let facts = HostFacts.read(stateDirectory: stateDirectory)
        let report = HostReport(facts: facts, attempts: .make(directory: "/usr"))
        return report.kernel + report.sandboxes + report.layers + report.limits(cgroups?.limitSupport) + report.host
    }
}

/// What an open cgroup tree can do, as plain data.
struct CgroupSupport: Sendable, Hashable {
    let layout: String
    let enforceable: Set<CgroupLimitName>
}

extension CgroupTree {
    var limitSupport: CgroupSupport { CgroupSupport(layout: layoutName, enforceable: enforceable) }
}
