import Glibc
import Reactor
import Sandbox
import SandboxPlan

/// Our side: sandboxes with everything a trial's have, driven as the daemon drives them, without its record.
struct SandboxMaker: Sendable {
    let host: SandboxHost
    let image: Image
    let cgroups: CgroupTree
    let profile: ConfinementProfile
    let directory: String

    /// Needs the release `executord-init` beside this program.
    static func make() async throws -> SandboxMaker {
        // Before anything is spawned: on cgroup v2 this process moves into a leaf.
        let cgroups = try CgroupTree.open(instance: "benchmark-\(getpid())")
        var template = Array("/tmp/executord-benchmark-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw HostProgram.Failure(description: "mkdtemp: errno \(errno)") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(directory, 0o755)
        for name in ["mounts", "mounts-images", "images", "adopted"] { mkdir("\(directory)/\(name)", 0o755) }
        let host = try await SandboxHost.start(
            program: ownDirectory() + "/executord-init",
            mounts: "\(directory)/mounts",
            adopted: "\(directory)/adopted",
            supplied: "\(directory)/images",
            identities: .find(),
            spawner: try Spawner.start(),
            reactor: try Reactor.start()
        )
        return SandboxMaker(
            host: host,
            image: try HostImage.prepare(in: "\(directory)/images"),
            cgroups: cgroups,
            profile: try .compiled(.standard),
            directory: directory
        )
    }

    private static func ownDirectory() -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let name = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }

    func end() throws {
        cgroups.close()
        try HostProgram(arguments: ["/bin/rm", "-rf", "--one-file-system", directory]).run()
    }

    /// A live sandbox and what it stands on.
    struct Made {
        let sandbox: RunningSandbox
        let identity: Identity
        let group: CgroupGroup
        let layer: Layer
    }

    /// The times of the parts of a sandbox's life are added to `stages`, in the order of `Stage`.
    func launch(_ stages: inout Stages) async throws -> Made {
        var stopwatch = Stopwatch()
        let identity = try host.identities.take()
        let group = try cgroups.makeGroup(
            name: "sandbox-\(identity.slot)-\(UInt32.random(in: 0 ... .max))",
            limits: CgroupLimits(memoryBytes: 2 << 30, processes: 512, cpus: 2)
        )
        stages.add(stopwatch.lap(), to: .limits)
        let layer = try await host.makeLayer(for: identity, kind: .memory, bytes: 256 << 20, inodes: 32768)
        stages.add(stopwatch.lap(), to: .layer)
        let policy = SandboxPolicy(image: image, identity: identity, layer: layer.name)
        let sandbox = try await host.launch(policy, group: group)
        stages.add(stopwatch.lap(), to: .sandbox)
        return Made(sandbox: sandbox, identity: identity, group: group, layer: layer)
    }

    func tearDown(_ made: Made, _ stages: inout Stages) async throws {
        var stopwatch = Stopwatch()
        let survivors = await made.sandbox.destroy()
        stages.add(stopwatch.lap(), to: .killing)
        try await host.removeLayer(made.layer)
        made.group.remove()
        host.identities.giveBack(made.identity)
        stages.add(stopwatch.lap(), to: .removal)
        guard survivors == 0 else { throw HostProgram.Failure(description: "\(survivors) processes survived") }
    }

    /// Runs `true` and checks that there is evidence of it.
    func runTrue(in made: Made) async throws {
        let result = try await made.sandbox.run(
            SandboxAction(
                argv: ["/usr/bin/true"],
                environment: ["PATH": "/usr/bin:/bin"],
                workingDirectory: "/",
                user: .ids(uid: 1000, gid: 1000),
                profile: profile,
                timeout: .seconds(60),
                resourceLimits: [ResourceLimit(resource: 7, value: 4096), ResourceLimit(resource: 4, value: 0)]
            )
        )
        guard result.end == .exited(code: 0) else {
            throw HostProgram.Failure(description: "true ended as \(result.end)")
        }
        guard cgroups.layoutName == "none" || result.cpu != nil && result.peakMemoryBytes != nil else {
            throw HostProgram.Failure(description: "no evidence of processor time and memory")
        }
    }

    /// From nothing to a finished `true` and back to nothing.
    func wholeLife(_ stages: inout Stages) async throws {
        let made = try await launch(&stages)
        var stopwatch = Stopwatch()
        try await runTrue(in: made)
        stages.add(stopwatch.lap(), to: .command)
        try await tearDown(made, &stages)
    }

    /// The same, with nobody interested in its parts.
    func wholeLife() async throws {
        var stages = Stages()
        try await wholeLife(&stages)
    }
}
