import Glibc
import SandboxPlan

extension Launcher {
    /// Uses the generic types that every sandbox uses.
    ///
    /// Swift makes the metadata of such a type at its first use, and forks have what was made before them: without this
    /// each sandbox's pid 1, and each reader of a layer, makes it anew.
    static func rehearse() {
        var layers: [WatchedLayer] = []
        layers.append(WatchedLayer(target: [], upper: -1, lowers: [-1]))
        let plan = Plan(
            hostname: "",
            identities: [IdentityRange(inside: 0, outside: 0, count: 1)],
            sources: [""],
            writableSources: [0],
            operations: [.overlay(lowers: [""], upper: "", target: "")],
            mapsSources: true
        )
        _ = try? Plan(decoding: plan.encoded())
        let program = ProgramPlan(
            argv: [""],
            environment: [""],
            workingDirectory: "",
            user: .ids(uid: 0, gid: 0),
            capabilities: [0],
            resourceLimits: [ResourceLimit(resource: 0, value: 0)],
            seccomp: []
        )
        InitLoop.rehearse(.run(id: 0, program, joins: 0, isLast: false))
        LayerWatch.rehearse()
        // Of a layer's reader. A path that long is in records of its own.
        var archive = TarStream(-1)
        try? archive.begin(TarMember(kind: .directory, path: [UInt8](repeating: 0x61, count: 300)))
        _ = (SandboxRoot.deviceNodes, SandboxRoot.deviceLinks)
    }
}
