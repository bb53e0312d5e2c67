import CLinux
import FoundationEssentials
import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// Pid 1 builds its root while its cgroups are made, and joins them before anything of others runs.
@Suite(.serialized, .enabled(if: geteuid() == 0, "makes cgroups"), .timeLimit(.minutes(2)))
struct StandingTests {
    private let cgroups: CgroupFixture
    private let order: SandboxOrder

    init() async throws {
        cgroups = try await CgroupFixture.make("standing-\(UInt32.random(in: 0 ... .max))")
        order = SandboxOrder(
            SandboxForm(image: cgroups.kernel.image),
            limits: CgroupLimits(memoryBytes: 64 << 20, processes: 30),
            layerBytes: 16 << 20,
            layerInodes: 500,
            allowUnenforced: false
        )
    }

    private var host: SandboxHost { cgroups.kernel.host }

    /// Who has a mount of a layer: the launcher, what it made ahead, and sandboxes.
    private func holders() throws -> [pid_t] {
        let place = cgroups.kernel.directory + "/mounts/layer-"
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { pid in
            let mounts = try? String(contentsOfFile: "/proc/\(pid)/mountinfo", encoding: .utf8)
            return mounts?.contains(place) == true
        }
    }

    private func finish() throws {
        #expect(host.liveSandboxes == 0)
        #expect(try holders().isEmpty)
        cgroups.tree.close()
        #expect(try CgroupFixture.leftovers(of: cgroups.instance).isEmpty)
    }

    @Test func theFirstProgramIsLimitedAndPidOneIsTheRootOfItsGroups() async throws {
        let standing = try await host.stand(
            order,
            as: try host.takeIdentity(for: order.form.image),
            in: cgroups.tree,
            named: "first",
            first: cgroups.kernel.shell("cut -d: -f2- /proc/1/cgroup; exec python3 -S -c 'bytearray(200 << 20)'")
        )
        #expect(!(try holders()).isEmpty, "or nothing below is looked for")
        let first = try await standing.first?.finished()
        #expect(first?.end == .outOfMemory)
        let lines = first?.text.split(separator: "\n") ?? []
        #expect(lines.contains("memory:/") || lines == [":/"], "v1 or v2; cgroup_namespaces(7)")
        #expect(await standing.sandbox.destroy() == 0)
        try await host.giveBack(standing)
        try finish()
    }

    /// It begins on another processor than the daemon's thread, and may use all afterwards: also one that was not born ahead.
    @Test func programsMayUseEveryProcessor() async throws {
        var set = cpu_set_t()
        #expect(clinux_get_processors(&set) == 0)
        let count = withUnsafeBytes(of: &set) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
        for number in 0..<5 {
            let standing = try await host.stand(
                order,
                as: try host.takeIdentity(for: order.form.image),
                in: cgroups.tree,
                named: "processors-\(number)",
                first: cgroups.kernel.shell("nproc")
            )
            #expect(try await standing.first?.finished().text == "\(count)\n")
            await standing.sandbox.destroy()
            try await host.giveBack(standing)
        }
        try finish()
    }

    @Test func whereNoGroupCanBeMadeNothingIsLeft() async throws {
        let identity = try host.takeIdentity(for: order.form.image)
        await #expect(throws: SandboxError.self) {
            try await host.stand(
                order,
                as: identity,
                in: cgroups.tree,
                named: "no/name",
                first: cgroups.kernel.shell("")
            )
        }
        try finish()
        #expect(try host.takeIdentity(for: order.form.image) == identity, "it was given back")
    }
}
