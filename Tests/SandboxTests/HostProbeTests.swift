import CLinux
import FoundationEssentials
import Glibc
import Testing

@testable import Sandbox

/// The probe on this host, held against what the kernel says when it is asked in another way.
@Suite(.serialized)
struct HostProbeTests {
    private static let attempts = HostAttempts.make(directory: "/usr")

    @Test func namesEachThingOnceAndSaysWhatItCostsWhenItIsNotThere() throws {
        let findings = HostProbe(stateDirectory: "/tmp", cgroups: nil).findings()
        #expect(Set(findings.map(\.name)).count == findings.count)
        #expect(findings.count > 15)
        for finding in findings {
            #expect(!finding.detail.isEmpty)
            #expect((finding.cost == nil) == (finding.status == .found), "\(finding.name)")
            if finding.status == .found { #expect(finding.remedy == nil, "\(finding.name)") }
        }
    }

    @Test func reportsTheLimitsOfTheTreeItIsGiven() throws {
        let tree = try CgroupTree.open(instance: "x", layout: CgroupLayout(kind: .none, hierarchies: []))
        let findings = HostProbe(stateDirectory: "/tmp", cgroups: tree).findings()
        for limit in CgroupLimitName.allCases {
            let finding = try #require(findings.first { $0.name == "\(limit.rawValue) limit" })
            #expect(finding.status == .missing)
            #expect(finding.remedy != nil)
        }
    }

    /// A sandbox stands on this host (see the other suites), so each thing it needs must have been found.
    @Test(.enabled(if: getuid() == 0, "root's sandboxes start on every supported host"))
    func whatSandboxesUseIsFound() {
        let attempts = Self.attempts
        for (name, attempt) in [
            ("user namespace", attempts.userNamespace), ("maps", attempts.identityMap),
            ("namespaces", attempts.otherNamespaces), ("network", attempts.networkNamespace),
            ("mounts", attempts.mountInterface), ("proc", attempts.freshProc), ("overlay", attempts.overlay),
            ("pidfd", attempts.processDescriptor), ("seccomp", attempts.seccomp),
        ] {
            #expect(attempt == .works, "\(name)")
        }
    }

    @Test func leavesNoChildNoDescriptorAndNoMount() throws {
        let probe = HostProbe(stateDirectory: "/tmp", cgroups: nil)
        _ = probe.findings()
        let mounts = try Self.mounts()
        // Other suites open and close descriptors meanwhile: a leak shows as growth with every turn.
        let before = Self.descriptorCount()
        for _ in 0..<100 { _ = HostAttempts.make(directory: "/usr") }
        #expect(Self.descriptorCount() < before + 100)
        #expect(try Self.mounts() == mounts)
        var status: CInt = 0
        // __WCLONE: only children without an exit signal, which nothing else here makes; see wait(2).
        let left = waitpid(-1, &status, CInt(bitPattern: 0x8000_0000) | WNOHANG)
        #expect(left == -1 && errno == ECHILD)
    }

    @Test func anUnknownFilterActionIsRefused() {
        #expect(clinux_seccomp_action_available(0x1234_0000) == -1)
        #expect(errno == EOPNOTSUPP)
    }

    @Test func aDirectoryThatIsNotThereCannotBeMapped() {
        #expect(HostAttempts.make(directory: "/nonexistent").identityMappedMount != .works)
        #expect(HostAttempts.make(directory: "/nonexistent").userNamespace == Self.attempts.userNamespace)
    }

    /// Mounts over the root directory, which is where the probe would leave one.
    private static func mounts() throws -> Int {
        try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n")
            .count { $0.split(separator: " ").dropFirst(4).first == "/" }
    }

    private static func descriptorCount() -> Int {
        (0..<4096).count { fcntl(CInt($0), F_GETFD) >= 0 }
    }
}
