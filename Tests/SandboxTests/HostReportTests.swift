import Glibc
import Testing

@testable import Sandbox

/// Hosts that we do not have, as attempts and facts.
struct HostReportTests {
    private static func user() -> HostFacts {
        var facts = HostFacts()
        facts.userID = 1000
        facts.userName = "ada"
        facts.maximumUserNamespaces = 15000
        facts.stateDirectory = "/state"
        facts.freeBytes = 1 << 40
        facts.freeInodes = 1 << 20
        facts.hasIdentityTools = true
        return facts
    }

    private static func working() -> HostAttempts {
        var attempts = HostAttempts()
        attempts.userNamespace = .works
        attempts.identityMap = .works
        attempts.identityMappedMount = .works
        attempts.otherNamespaces = .works
        attempts.networkNamespace = .works
        attempts.mountInterface = .works
        attempts.freshProc = .works
        attempts.memoryAttributes = .works
        attempts.overlay = .works
        attempts.overlayRemoval = .works
        return attempts
    }

    private static func find(_ name: String, in findings: [HostFinding]) throws -> HostFinding {
        try #require(findings.first { $0.name == name })
    }

    @Test(
        arguments: [
            (Int?.none, false, false, "CONFIG_USER_NS"),
            (0, false, false, "sudo sysctl -w user.max_user_namespaces=15000"),
            (15000, true, false, "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
            (15000, false, true, "AppArmor profile of executord-init (rule 'userns,'"),
            (15000, false, false, "--security-opt seccomp=unconfined"), (15000, false, false, "RestrictNamespaces="),
        ]
    )
    func theCauseOfRefusedNamespacesDecidesTheRemedy(
        limit: Int?,
        lockedOut: Bool,
        restricted: Bool,
        remedy: String
    ) throws {
        var facts = Self.user()
        facts.maximumUserNamespaces = limit
        facts.ordinaryUsersLockedOut = lockedOut
        facts.appArmorRestricts = restricted
        var attempts = HostAttempts()
        attempts.userNamespace = .failed(limit == 0 ? ENOSPC : EPERM)
        let findings = HostReport(facts: facts, attempts: attempts).sandboxes
        let finding = try Self.find("user namespaces", in: findings)
        #expect(finding.status == .missing)
        #expect(finding.remedy?.contains(remedy) == true)
        // What follows from it has no remedy of its own.
        let map = try Self.find("identity maps", in: findings)
        #expect(map.status == .missing)
        #expect(map.remedy == nil)
    }

    /// AppArmor's way: the namespace is made, and has no power.
    @Test func aNamespaceWithoutPowerIsNotTakenForAWorkingOne() throws {
        var facts = Self.user()
        facts.appArmorRestricts = true
        var attempts = Self.working()
        attempts.networkNamespace = .failed(EPERM)
        attempts.mountInterface = .failed(EACCES)
        let findings = HostReport(facts: facts, attempts: attempts).sandboxes
        for name in ["network namespaces", "mounts"] {
            let finding = try Self.find(name, in: findings)
            #expect(finding.status == .missing)
            #expect(finding.cost == HostReport.noSandbox)
            #expect(finding.remedy?.contains("AppArmor") == true)
        }
    }

    @Test func switchesForOrdinaryUsersAreNoCauseForRoot() throws {
        var facts = Self.user()
        facts.userID = 0
        facts.ordinaryUsersLockedOut = true
        facts.appArmorRestricts = true
        var attempts = HostAttempts()
        attempts.userNamespace = .failed(EPERM)
        let report = HostReport(facts: facts, attempts: attempts)
        let remedy = try #require(try Self.find("user namespaces", in: report.sandboxes).remedy)
        #expect(!remedy.contains("AppArmor"))
        #expect(!remedy.contains("unprivileged_userns_clone"))
    }

    @Test func aKernelBeforeUserAttributesOnMemoryIsDegraded() throws {
        var attempts = Self.working()
        attempts.memoryAttributes = .failed(EOPNOTSUPP)
        attempts.overlayRemoval = .failed(EIO)
        let report = HostReport(facts: Self.user(), attempts: attempts)
        #expect(try Self.find("overlayfs", in: report.layers).status == .found)
        let finding = try Self.find("memory layers", in: report.layers)
        #expect(finding.status == .degraded)
        #expect(finding.cost?.contains("removing") == true)
    }

    @Test func overlaysThatAreNotLoadedAreLoaded() throws {
        var attempts = Self.working()
        attempts.overlay = .failed(ENODEV)
        attempts.overlayRemoval = .notTried
        let report = HostReport(facts: Self.user(), attempts: attempts)
        let finding = try Self.find("overlayfs", in: report.layers)
        #expect(finding.status == .missing)
        #expect(finding.remedy == "sudo modprobe overlay")
    }

    @Test func theRemedyForOneIdIsTheCommandsThatAreMissing() throws {
        var facts = Self.user()
        let attempts = Self.working()
        #expect(
            HostReport(facts: facts, attempts: attempts).identities.remedy
                == "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ada, then restart executord"
        )
        facts.hasIdentityTools = false
        #expect(
            HostReport(facts: facts, attempts: attempts).identities.remedy?
                .hasPrefix("sudo apt-get install uidmap && sudo usermod") == true
        )
        facts.identitySlots = 3
        #expect(HostReport(facts: facts, attempts: attempts).identities.status == .found)
    }

    @Test func rootsCapabilitiesAreNamedWhenTheyAreNotThere() {
        var facts = Self.user()
        #expect(HostReport(facts: facts, attempts: HostAttempts()).capabilities.status == .found)
        facts.userID = 0
        facts.capabilities = HostFacts.effectiveCapabilities("Name:\tx\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n")
        #expect(HostReport(facts: facts, attempts: HostAttempts()).capabilities.status == .found)
        facts.capabilities &= ~(1 << 24)
        #expect(HostReport(facts: facts, attempts: HostAttempts()).capabilities.status == .degraded)
        facts.capabilities &= ~(1 << 21 | 1 << 7)
        let finding = HostReport(facts: facts, attempts: HostAttempts()).capabilities
        #expect(finding.status == .missing)
        #expect(finding.detail == "root without CAP_SETUID, CAP_SYS_ADMIN")
        #expect(HostFacts.effectiveCapabilities("Name:\tx\n") == 0)
    }

    @Test(
        arguments: [
            (UInt64?.none, UInt64?.none, HostFinding.Status.missing), (1 << 40, nil, .found),
            (1 << 40, 1 << 20, .found), (1 << 20, 1 << 20, .degraded), (1 << 40, 100, .degraded),
        ]
    )
    func spaceIsJudgedByBytesAndByInodes(bytes: UInt64?, inodes: UInt64?, status: HostFinding.Status) throws {
        var facts = Self.user()
        facts.freeBytes = bytes
        facts.freeInodes = inodes
        let finding = try Self.find("disk space", in: HostReport(facts: facts, attempts: HostAttempts()).host)
        #expect(finding.status == status)
        #expect(finding.detail.contains("/state"))
    }

    /// A shared scope does not help on v2, and users have nothing to delegate on v1.
    @Test(
        arguments: [
            ("v2", true, "systemd-run -p Delegate=yes executord"),
            ("v2", false, "systemd-run --user -p Delegate=yes executord"),
            ("none", false, "systemd-run --user -p Delegate=yes executord"), ("none", true, "/sys/fs/cgroup writable"),
            ("v1", false, "system service"), ("hybrid", false, "system service"),
        ]
    )
    func theRemedyForLimitsFitsTheLayout(layout: String, isRoot: Bool, remedy: String) throws {
        var facts = Self.user()
        if isRoot { facts.userID = 0 }
        let report = HostReport(facts: facts, attempts: HostAttempts())
        let support = CgroupSupport(layout: layout, enforceable: [.memory])
        let findings = report.limits(support)
        #expect(findings.map(\.status) == [.found, .missing, .missing])
        for finding in findings where finding.status == .missing {
            #expect(finding.remedy?.contains(remedy) == true)
            #expect(finding.remedy?.contains("--scope") == false)
        }
        #expect(report.limits(nil).map(\.status) == [.missing])
    }

    @Test func landlockThatIsOffIsSwitchedOnByTheCommandLine() throws {
        var attempts = Self.working()
        attempts.landlock = .failed(EOPNOTSUPP)
        let finding = try Self.find("landlock", in: HostReport(facts: Self.user(), attempts: attempts).kernel)
        #expect(finding.status == .degraded)
        #expect(finding.remedy?.contains("lsm=") == true)
    }
}
