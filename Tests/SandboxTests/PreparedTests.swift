import FoundationEssentials
import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// What may be prepared, and what is the same.
struct PreparedKeyTests {
    private func order(
        _ image: Image = Image(name: "host", root: "/", trees: ["/usr": "/usr"]),
        _ change: (inout SandboxOrder) -> Void = { _ in }
    ) -> SandboxOrder {
        var order = SandboxOrder(
            SandboxForm(image: image),
            limits: CgroupLimits(memoryBytes: 64 << 20, processes: 10),
            layerBytes: 16 << 20,
            layerInodes: 100,
            allowUnenforced: false
        )
        change(&order)
        return order
    }

    @Test func everyPartOfTheOrderCounts() throws {
        let key = try #require(PreparedKey(order()))
        #expect(PreparedKey(order()) == key)
        let changes: [(inout SandboxOrder) -> Void] = [
            { $0.limits.memoryBytes = 65 << 20 }, { $0.limits.processes = nil }, { $0.limits.cpus = 1 },
            { $0.layerBytes += 1 }, { $0.layerInodes += 1 }, { $0.allowUnenforced = true },
            { $0.form.hostname = "other" }, { $0.form.network = .proxied }, { $0.form.additions = ["/etc"] },
            { $0.form.image.name = "other" }, { $0.form.image.root = "/usr" }, { $0.form.sharedMemoryBytes = 1 },
            { $0.form.directories = [PolicyDirectory("/logs")] }, { $0.form.missingDirectories = ["/app"] },
            { $0.form.mounts = [PolicyMount(.fresh(name: "new"), at: "/new")] }, { $0.form.pristineSystem = true },
            { $0.form.image.settings.environment = ["A": "b"] },
        ]
        let keys = changes.map { PreparedKey(order($0)) }
        #expect(!keys.contains(nil) && !keys.contains(key))
        #expect(Set(keys).count == changes.count)
    }

    private func order(_ change: (inout SandboxOrder) -> Void) -> SandboxOrder {
        order(Image(name: "host", root: "/", trees: ["/usr": "/usr"]), change)
    }

    @Test(
        arguments: [
            { $0.form.image = .directory("/usr") }, { $0.form.image.root = "/not/there" },
            { $0.form.mounts = [PolicyMount(.copyOnWrite(path: "/etc", name: "work"), at: "/work")] },
            { $0.form.mounts = [PolicyMount(.readOnly(path: "/etc"), at: "/work")] },
            { $0.form.mounts = [PolicyMount(.writable(path: "/etc"), at: "/work")] },
            { $0.form.mounts = [PolicyMount(.layer(path: "layer-1"), at: "/work")] },
            { $0.form.network = .open(except: []) }, { $0.form.missingDirectories = ["/usr/src/app"] },
        ] as [@Sendable (inout SandboxOrder) -> Void]
    )
    func whatSomebodyMayChangeHasNone(_ change: @Sendable (inout SandboxOrder) -> Void) {
        #expect(PreparedKey(order(change)) == nil)
    }

    @Test func anotherDirectoryOfThatNameIsAnother() throws {
        var template = Array("/tmp/executord-key-XXXXXX".utf8CString)
        let place = String(cString: try #require(mkdtemp(&template)))
        defer { try? FileManager.default.removeItem(atPath: place) }
        let root = place + "/root"
        #expect(mkdir(root, 0o755) == 0)
        let key = try #require(PreparedKey(order(Image(name: "stored", root: root, trees: [:]))))
        #expect(key.isCurrent)
        #expect(rename(root, place + "/old") == 0 && mkdir(root, 0o755) == 0)
        #expect(!key.isCurrent)
        #expect(rmdir(root) == 0)
        #expect(!key.isCurrent)
    }
}

/// Prepared sandboxes on the real kernel.
@Suite(.serialized, .enabled(if: geteuid() == 0, "makes cgroups"), .timeLimit(.minutes(5)))
struct PreparedTests {
    private let cgroups: CgroupFixture
    private let prepared: PreparedSandboxes
    private let order: SandboxOrder

    init() async throws {
        cgroups = try await CgroupFixture.make("prepared-\(UInt32.random(in: 0 ... .max))")
        order = cgroups.order
        prepared = PreparedSandboxes(host: cgroups.kernel.host, cgroups: cgroups.tree, idle: .seconds(60))
        await prepared.open { _ in true }
    }

    private var host: SandboxHost { cgroups.kernel.host }

    private func key(_ order: SandboxOrder) throws -> PreparedKey { try #require(PreparedKey(order)) }

    /// Asks for one twice, and waits until two stand.
    private func prepare() async throws -> PreparedKey {
        let key = try key(order)
        for _ in 0..<2 { #expect(await prepared.take(key) == nil) }
        await prepared.refill()
        try await eventually { await prepared.count == PreparedSandboxes.perKey }
        return key
    }

    private func eventually(_ condition: () async -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while await !condition() {
            try #require(ContinuousClock.now < end)
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Nothing is left of any.
    private func finish() async throws {
        await prepared.close()
        #expect(await prepared.count == 0 && host.liveSandboxes == 0)
        #expect(try processes().isEmpty)
        cgroups.tree.close()
        #expect(CgroupTree.sweep(instance: cgroups.instance) == 0)
        #expect(try CgroupFixture.leftovers(of: cgroups.instance).isEmpty)
        #expect(try cgroups.layers().isEmpty)
    }

    private func end(_ standing: StandingSandbox) async throws {
        #expect(await standing.sandbox.destroy() == 0)
        try await host.giveBack(standing)
    }

    /// Of all groups below ours.
    private func processes() throws -> Set<pid_t> {
        var found: Set<pid_t> = []
        for hierarchy in CgroupLayout.current().hierarchies {
            let tree = "\(hierarchy.directory)/executord-\(cgroups.instance)"
            for group in (try? FileManager.default.subpathsOfDirectory(atPath: tree)) ?? []
            where group.hasSuffix("/cgroup.procs") {
                let text = try String(contentsOfFile: "\(tree)/\(group)", encoding: .utf8)
                found.formUnion(text.split(separator: "\n").compactMap { pid_t($0) })
            }
        }
        return found
    }

    // MARK: The same as a cold launch

    private static let look = """
        cut -d' ' -f5- /proc/self/mountinfo | sed 's/,[ug]id=[0-9]*//g'
        awk '{ print $1, $3 }' /proc/self/uid_map /proc/self/gid_map
        grep -E '^(Cap|Seccomp|NoNewPrivs|Groups|NSpid)' /proc/self/status
        cat /proc/self/cgroup /proc/1/environ /proc/net/dev; hostname; ls -la /dev /proc/1/fd | sed 's/ [A-Z][a-z][a-z] .*:.. / /'
        df -B1 --output=size,itotal / ; find / -xdev -newer /proc/1/stat; ls -a / /tmp
        """

    private func look(_ standing: StandingSandbox) async throws -> String {
        let looked = try await standing.sandbox.run(cgroups.kernel.shell(Self.look))
        #expect(looked.changes == LayerChanges())
        return looked.text
    }

    @Test func whoIsGivenOneSeesWhatAColdLaunchShows() async throws {
        let key = try await prepare()
        let ready = try #require(await prepared.take(key))
        let cold = try await host.stand(
            order,
            as: try host.takeIdentity(for: order.form.image),
            in: cgroups.tree,
            named: "cold"
        )
        #expect(ready.identity != cold.identity && ready.layer != cold.layer)
        #expect(ready.group.unenforced == cold.group.unenforced)
        let (seen, expected) = (try await look(ready), try await look(cold))
        #expect(seen.split(separator: "\n").difference(from: expected.split(separator: "\n")).isEmpty)
        #expect(seen.contains(" overlay overlay ") && seen.contains("Seccomp:\t2"))
        for standing in [ready, cold] {
            let large = try await standing.sandbox.run(
                cgroups.kernel.shell("exec python3 -S -c 'bytearray(200 << 20)'")
            )
            #expect(large.end == .outOfMemory)
            let many = try await standing.sandbox.run(cgroups.kernel.shell("for i in $(seq 60); do sleep 9 & done"))
            #expect(many.refusedProcesses > 0)
            try await end(standing)
        }
        try await finish()
    }

    // MARK: What is prepared, and for whom

    @Test func oneRequestPreparesNothingAndAnotherOrderMisses() async throws {
        let key = try key(order)
        #expect(await prepared.take(key) == nil)
        await prepared.refill()
        // It has looked for something to do when another one can be begun.
        try await eventually { await prepared.isIdle }
        #expect(await prepared.count == 0)
        let same = try await prepare()
        var other = order
        other.limits.processes = 31
        #expect(await prepared.take(try self.key(other)) == nil)
        other = order
        other.form.image.root = "/usr"
        #expect(await prepared.take(try self.key(other)) == nil)
        let given = try #require(await prepared.take(same))
        let next = try #require(await prepared.take(same))
        #expect(given.sandbox !== next.sandbox && given.layer != next.layer && given.identity != next.identity)
        for standing in [given, next] { try await end(standing) }
        try await finish()
    }

    @Test func noneIsMadeWhereOthersNeedTheRoom() async throws {
        await prepared.open { $0.memoryBytes == 1 << 20 }
        let key = try key(order)
        for _ in 0..<2 { #expect(await prepared.take(key) == nil) }
        await prepared.refill()
        try await eventually { await prepared.isIdle }
        #expect(await prepared.count == 0 && host.liveSandboxes == 0)
        try await finish()
    }

    @Test func oneThatDiedIsNotGiven() async throws {
        let key = try await prepare()
        let dead = try processes()
        #expect(dead.count == PreparedSandboxes.perKey)
        let victim = try #require(dead.min())
        kill(victim, SIGKILL)
        try await eventually { await prepared.count == 1 }
        let given = try #require(await prepared.take(key))
        #expect(try await given.sandbox.run(cgroups.kernel.shell("echo lives")).text == "lives\n")
        #expect(await prepared.take(key) == nil)
        try await end(given)
        try await finish()
    }

    // MARK: Their end

    @Test func nothingIsLeftOfThoseThatAreDropped() async throws {
        let key = try await prepare()
        #expect(try processes().count == 2 && !cgroups.layers().isEmpty)
        let ids = host.identities
        #expect(await prepared.drop() == 2)
        #expect(try processes().isEmpty && cgroups.layers().isEmpty && host.liveSandboxes == 0)
        // Their ids are free: the fixture has the first.
        #expect(try ids.take().slot == 1)
        #expect(await prepared.take(key) == nil)
        try await finish()
    }

    @Test func nobodyAskedForThemForAWhile() async throws {
        let short = PreparedSandboxes(host: host, cgroups: cgroups.tree, idle: .milliseconds(300))
        await short.open { _ in true }
        let key = try key(order)
        for _ in 0..<2 { #expect(await short.take(key) == nil) }
        await short.refill()
        try await eventually { await short.count > 0 }
        try await eventually { await short.count == 0 && host.liveSandboxes == 0 }
        try await eventually { (try? processes().isEmpty) == true && (try? cgroups.layers().isEmpty) == true }
        await short.close()
        try await finish()
    }

    @Test func noneStandsWhileTheyAreInTheWay() async throws {
        let key = try await prepare()
        try await prepared.without {
            #expect(await prepared.count == 0)
            for _ in 0..<2 { #expect(await prepared.take(key) == nil) }
            await prepared.refill()
            try await eventually { await prepared.isIdle }
            #expect(await prepared.count == 0 && host.liveSandboxes == 0)
        }
        await prepared.refill()
        try await eventually { await prepared.count == 2 }
        try await finish()
    }

    @Test func theyYieldToThoseThatFindNoneOfWhatTheyHold() async throws {
        _ = try await prepare()
        let result = try await prepared.yielding { () async throws(SandboxError) -> Int in
            guard host.liveSandboxes == 0 else { throw .identitiesExhausted(2) }
            return 7
        }
        #expect(result == 7)
        await #expect(throws: SandboxError.self) {
            try await prepared.yielding { () throws(SandboxError) -> Int in throw .identitiesExhausted(2) }
        }
        try await finish()
    }
}
