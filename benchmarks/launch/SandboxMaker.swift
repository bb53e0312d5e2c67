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
    /// What every sandbox here is, and those of it that stand.
    let order: SandboxOrder
    let prepared: PreparedSandboxes

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
        let image = try HostImage.prepare(in: "\(directory)/images")
        let order = SandboxOrder(
            SandboxForm(image: image),
            limits: CgroupLimits(memoryBytes: 2 << 30, processes: 512, cpus: 2),
            layerBytes: 256 << 20,
            layerInodes: 32768,
            allowUnenforced: true
        )
        let prepared = PreparedSandboxes(host: host, cgroups: cgroups)
        await prepared.open { _ in true }
        return SandboxMaker(
            host: host,
            image: image,
            cgroups: cgroups,
            profile: try .compiled(.standard),
            directory: directory,
            order: order,
            prepared: prepared
        )
    }

    /// Where this program lies, and what belongs to it.
    static func ownDirectory() -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let name = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }

    func end() async throws {
        await prepared.close()
        cgroups.close()
        try HostProgram(arguments: ["/bin/rm", "-rf", "--one-file-system", directory]).run()
    }

    /// The times of the parts of a sandbox's life are added to `stages`, in the order of `Stage`.
    func launch(_ stages: inout Stages, first: SandboxAction? = nil) async throws -> StandingSandbox {
        var stopwatch = Stopwatch()
        let identity = try host.identities.take()
        let name = "sandbox-\(identity.slot)-\(UInt32.random(in: 0 ... .max))"
        let standing = try await host.stand(order, as: identity, in: cgroups, named: name, first: first) {
            stages.add(stopwatch.lap(), to: .layer)
        }
        stages.add(stopwatch.lap(), to: .sandbox)
        return standing
    }

    func tearDown(_ standing: StandingSandbox, _ stages: inout Stages) async throws {
        var stopwatch = Stopwatch()
        let survivors = await standing.sandbox.destroy()
        stages.add(stopwatch.lap(), to: .killing)
        try await host.giveBack(standing)
        stages.add(stopwatch.lap(), to: .removal)
        guard survivors == 0 else { throw HostProgram.Failure(description: "\(survivors) processes survived") }
    }

    func runTrue(in sandbox: RunningSandbox) async throws {
        try await run(["/usr/bin/true"], in: sandbox)
    }

    func run(_ argv: [String], in sandbox: RunningSandbox) async throws {
        try check(await sandbox.run(action(argv)), of: argv)
    }

    /// As `sandbox.exec` asks for its command.
    private var onlyTrue: SandboxAction { action(["/usr/bin/true"], isLast: true) }

    private func action(_ argv: [String], isLast: Bool = false) -> SandboxAction {
        SandboxAction(
            argv: argv,
            environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: "/",
            user: .ids(uid: 1000, gid: 1000),
            profile: profile,
            timeout: .seconds(60),
            resourceLimits: [ResourceLimit(resource: 7, value: 4096), ResourceLimit(resource: 4, value: 0)],
            isLast: isLast
        )
    }

    /// Whether a program succeeded and there is evidence of it.
    private func check(_ result: ActionResult, of argv: [String]) throws {
        guard result.end == .exited(code: 0) else {
            throw HostProgram.Failure(description: "\(argv[0]) ended as \(result.end)")
        }
        guard cgroups.layoutName == "none" || result.cpu != nil && result.peakMemoryBytes != nil else {
            throw HostProgram.Failure(description: "no evidence of processor time and memory")
        }
    }

    /// Waits until as many stand as may: what comes next is not held up by their making.
    func prepare() async throws {
        guard let key = PreparedKey(order) else { throw HostProgram.Failure(description: "no sandbox can be prepared") }
        var unwatched = Stages()
        if await prepared.count == 0 {
            for _ in 0..<2 {
                if let early = await prepared.take(key) { try await tearDown(early, &unwatched) }
            }
        }
        let end = ContinuousClock.now + .seconds(5)
        while await prepared.count < PreparedSandboxes.perKey {
            await prepared.refill()
            try await Task.sleep(for: .milliseconds(2))
            guard ContinuousClock.now < end else { throw HostProgram.Failure(description: "no sandbox stands") }
        }
    }

    /// From one that stands to a finished `true` and back to nothing.
    func preparedLife() async throws {
        guard let key = PreparedKey(order), let standing = await prepared.take(key) else {
            throw HostProgram.Failure(description: "no sandbox stands")
        }
        try check(try await standing.sandbox.run(onlyTrue), of: onlyTrue.argv)
        var unwatched = Stages()
        try await tearDown(standing, &unwatched)
    }

    /// From nothing to a finished `true` and back to nothing.
    func wholeLife(_ stages: inout Stages) async throws {
        let made = try await launch(&stages, first: onlyTrue)
        var stopwatch = Stopwatch()
        guard let only = made.first else { throw HostProgram.Failure(description: "nothing was asked for") }
        try check(try await only.finished(), of: onlyTrue.argv)
        stages.add(stopwatch.lap(), to: .command)
        try await tearDown(made, &stages)
    }

    /// The same, with nobody interested in its parts.
    func wholeLife() async throws {
        var stages = Stages()
        try await wholeLife(&stages)
    }
}
