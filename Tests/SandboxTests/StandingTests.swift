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

    init() async throws {
        cgroups = try await CgroupFixture.make("standing-\(UInt32.random(in: 0 ... .max))")
    }

    private var host: SandboxHost { cgroups.kernel.host }

    private func stand(_ name: String, first: String) async throws -> StandingSandbox {
        try await host.stand(
            cgroups.order,
            as: try host.takeIdentity(for: cgroups.kernel.image),
            in: cgroups.tree,
            named: name,
            first: cgroups.kernel.shell(first)
        )
    }

    private func finish() throws {
        #expect(host.liveSandboxes == 0)
        #expect(try cgroups.layers().isEmpty)
        cgroups.tree.close()
        #expect(try CgroupFixture.leftovers(of: cgroups.instance).isEmpty)
    }

    @Test func theFirstProgramIsLimitedAndPidOneIsTheRootOfItsGroups() async throws {
        let standing = try await stand(
            "first",
            first: "cut -d: -f2- /proc/1/cgroup; exec python3 -S -c 'bytearray(200 << 20)'"
        )
        #expect(!(try cgroups.layers()).isEmpty, "or nothing below is looked for")
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
            let standing = try await stand("processors-\(number)", first: "nproc")
            #expect(try await standing.first?.finished().text == "\(count)\n")
            await standing.sandbox.destroy()
            try await host.giveBack(standing)
        }
        try finish()
    }

    @Test func whereNoGroupCanBeMadeNothingIsLeft() async throws {
        let next = try host.takeIdentity(for: cgroups.kernel.image)
        host.identities.giveBack(next)
        let error = await #expect(throws: SandboxError.self) { try await stand("no/name", first: "true") }
        guard case .system(_, EINVAL) = error else { throw try #require(error) }
        try finish()
        #expect(try host.takeIdentity(for: cgroups.kernel.image) == next, "it was given back")
    }

    /// Nobody waits for a pid 1 that waits for its group.
    @Test func aGroupThatCannotBeJoinedIsTold() async throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let policy = try await cgroups.kernel.policy()
        let unsent = await #expect(throws: SandboxError.self) {
            try await host.launch(policy, group: OtherGroup(joinDescriptors: [-1]))
        }
        guard case .system(_, EBADF) = unsent else { throw try #require(unsent) }
        let refused = await #expect(throws: SandboxError.self) {
            try await host.launch(policy, group: OtherGroup(joinDescriptors: [full]))
        }
        guard case .setupFailed(let failure, _) = refused else { throw try #require(refused) }
        #expect(failure.stage == .joinCgroup && failure.errno == ENOSPC)
        #expect(host.liveSandboxes == 0)
        cgroups.tree.close()
    }
}

/// What joins it writes into these descriptors.
private final class OtherGroup: TrialGroup {
    let joinDescriptors: [Int32]

    init(joinDescriptors: [Int32]) {
        self.joinDescriptors = joinDescriptors
    }

    func prepareSlot() {}
    func takeSlot() throws(SandboxError) -> any ActionSlot { throw .protocolBroken("none") }
    func killRemaining() -> Int { 0 }
    func remove() {}
}
