import FoundationEssentials
import Glibc
import Linux
import Reactor
import Sandbox
import SandboxPlan

/// Cold launch to a finished `true`, torn down, against bubblewrap in the same alternating run.
///
/// Ours: own user, pid, mount, ipc, uts, cgroup and network namespaces, overlay root on a limited layer, memory, pids
/// and cpu limits in cgroups, system-call filter, and the action's cost as evidence. Bubblewrap: all namespaces and
/// read-only binds, no limits, no overlay, no filter.
@main
struct LaunchBenchmark {
    static func main() async throws {
        let rounds = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 200 : 200
        guard access("/usr/bin/bwrap", X_OK) == 0 else {
            print("benchmark-launch: needs bubblewrap (apt-get install bubblewrap)")
            exit(1)
        }
        let bench = try await Bench.make()
        var times: [String: [Duration]] = [:]
        for round in 0..<rounds + 5 {
            let ours = try await bench.launchOnce()
            let peer = try await bench.bubblewrapOnce()
            // The first rounds warm caches.
            guard round >= 5 else { continue }
            times["executord", default: []].append(ours)
            times["bubblewrap", default: []].append(peer)
        }
        let action = try await bench.actions(rounds)
        let sustained = try await bench.sustained(rounds * 2, workers: 2)
        await bench.end()

        print("launch of /usr/bin/true to torn down, \(rounds) alternating rounds, milliseconds")
        for name in ["executord", "bubblewrap"] { print(Statistics(name, times[name] ?? []).line) }
        let ratio = Statistics("", times["executord"] ?? []).median / Statistics("", times["bubblewrap"] ?? []).median
        print("ratio of medians executord/bubblewrap: \(text(ratio))")
        print("")
        print("one /usr/bin/true in a live sandbox (in process, own cgroup per action), milliseconds")
        print(Statistics("executord", action).line)
        print("")
        print("sustained launches with limits, 2 at a time: \(text(sustained)) a second")
    }
}

/// The machinery that is measured.
private struct Bench {
    let host: SandboxHost
    let image: Image
    let cgroups: CgroupTree
    let profile: ConfinementProfile
    let spawner: Spawner
    let reactor: Reactor
    let directory: String
    let clock = ContinuousClock()

    static func make() async throws -> Bench {
        var template = Array("/tmp/executord-benchmark-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(call: "mkdtemp", code: errno) }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for name in ["mounts", "mounts-images", "images", "adopted"] {
            try syscall("mkdir") { mkdir("\(directory)/\(name)", 0o755) }
        }
        let reactor = try Reactor.start()
        let spawner = try Spawner.start()
        let cgroups = try CgroupTree.open(instance: "benchmark-\(getpid())")
        let own = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false)
        let host = try await SandboxHost.start(
            program: own.dropLast().joined(separator: "/") + "/executord-init",
            mounts: "\(directory)/mounts",
            adopted: "\(directory)/adopted",
            identities: .find(),
            spawner: spawner,
            reactor: reactor
        )
        return Bench(
            host: host,
            image: try HostImage.prepare(in: "\(directory)/images"),
            cgroups: cgroups,
            profile: try .compiled(.standard),
            spawner: spawner,
            reactor: reactor,
            directory: directory
        )
    }

    private var action: SandboxAction {
        SandboxAction(
            argv: ["/usr/bin/true"],
            environment: ["PATH": "/usr/bin"],
            workingDirectory: "/",
            user: .ids(uid: 0, gid: 0),
            profile: profile,
            timeout: .seconds(10)
        )
    }

    /// Everything that one sandbox costs, from nothing to nothing.
    func launchOnce(_ name: String = "launch") async throws -> Duration {
        let start = clock.now
        let identity = try host.identities.take()
        let group = try cgroups.makeGroup(
            name: name,
            limits: CgroupLimits(memoryBytes: 512 << 20, processes: 128, cpus: 1)
        )
        let layer = try await host.makeLayer(for: identity, kind: .memory, bytes: 64 << 20, inodes: 10_000)
        let sandbox = try await host.launch(
            SandboxPolicy(image: image, identity: identity, layer: layer.name),
            group: group
        )
        let result = try await sandbox.run(action)
        await sandbox.destroy()
        group.remove()
        try await host.removeLayer(layer)
        host.identities.giveBack(identity)
        guard result.end == .exited(code: 0) else { throw SystemError(call: "true: \(result.end)", code: EIO) }
        return clock.now - start
    }

    func bubblewrapOnce() async throws -> Duration {
        let start = clock.now
        let child = try await spawner.spawn(
            "/usr/bin/bwrap",
            arguments: [
                "bwrap", "--unshare-all", "--clearenv", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
                "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev",
                "--tmpfs", "/tmp", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--", "/usr/bin/true",
            ],
            environment: [],
            descriptors: []
        )
        let outcome = try await child.exit(on: reactor)
        guard outcome == .exited(code: 0) else { throw SystemError(call: "bwrap: \(outcome)", code: EIO) }
        return clock.now - start
    }

    func actions(_ count: Int) async throws -> [Duration] {
        let identity = try host.identities.take()
        let group = try cgroups.makeGroup(name: "actions", limits: CgroupLimits(memoryBytes: 512 << 20, processes: 128))
        let layer = try await host.makeLayer(for: identity, kind: .memory, bytes: 64 << 20, inodes: 10_000)
        let sandbox = try await host.launch(
            SandboxPolicy(image: image, identity: identity, layer: layer.name),
            group: group
        )
        var times: [Duration] = []
        for _ in 0..<count {
            let start = clock.now
            _ = try await sandbox.run(action)
            times.append(clock.now - start)
        }
        await sandbox.destroy()
        group.remove()
        try await host.removeLayer(layer)
        return times
    }

    /// Launches a second.
    func sustained(_ count: Int, workers: Int) async throws -> Double {
        let start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    for _ in 0..<count / workers { _ = try await self.launchOnce("sustained-\(worker)") }
                }
            }
            try await group.waitForAll()
        }
        return Double(count) / seconds(clock.now - start)
    }

    func end() async {
        cgroups.close()
        try? FileManager.default.removeItem(atPath: directory)
    }
}

private func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}

/// Three significant places, without Foundation.
private func text(_ value: Double) -> String {
    let scale: Double = value < 10 ? 100 : value < 100 ? 10 : 1
    return "\((value * scale).rounded() / scale)"
}

/// Minimum, median and 95th percentile of one column.
private struct Statistics {
    let name: String
    private let sorted: [Double]

    init(_ name: String, _ times: [Duration]) {
        self.name = name
        sorted = times.map { seconds($0) * 1000 }.sorted()
    }

    var median: Double { quantile(0.5) }

    private func quantile(_ share: Double) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    var line: String {
        "  \(name)\(String(repeating: " ", count: 12 - name.count))min \(text(quantile(0)))  median \(text(median))  p95 \(text(quantile(0.95)))"
    }
}
