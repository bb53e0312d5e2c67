import Glibc
import Testing

@testable import Sandbox

/// What the compiled filters decide, call by call.
struct SeccompTests {
    private func filter(_ profile: SeccompProfile) throws -> SeccompInterpreter {
        SeccompInterpreter(try ConfinementProfile.compiled(profile))
    }

    @Test(arguments: SeccompProfile.allCases)
    func everyNumberIsDecided(_ profile: SeccompProfile) throws {
        let filter = try filter(profile)
        #expect(filter.instructions.count < 4096)
        for number in UInt32(0)..<1024 {
            switch filter.decide(number) {
            case .allow, .fail(ENOSYS), .fail(EPERM), .fail(EAFNOSUPPORT): break
            case let decision: Issue.record("call \(number): \(String(describing: decision))")
            }
            #expect(filter.decide(number | 0x4000_0000) == .kill, "x32 call \(number)")
            #expect(filter.decide(number, architecture: 0x4000_0003) == .kill, "i386 call \(number)")
        }
    }

    @Test(arguments: SeccompProfile.allCases)
    func everyListedNameIsKnownAndAllowed(_ profile: SeccompProfile) throws {
        let filter = try filter(profile)
        // Newer than the libseccomp of Debian 12: their absence there means ENOSYS.
        let newer: Set = [
            "cachestat", "fchmodat2", "futex_requeue", "futex_wait", "futex_wake", "map_shadow_stack", "mseal",
        ]
        #expect(SeccompAllowedCalls.all.count == Set(SeccompAllowedCalls.all).count)
        for call in SeccompAllowedCalls.all where SeccompCompiler.number(of: call) != nil || !newer.contains(call) {
            #expect(filter.decide(call) == .allow, "\(call)")
        }
        for call in ["execve", "write", "close", "exit_group"] {
            #expect(filter.decide(call) == .allow, "init itself needs \(call)")
        }
    }

    @Test(arguments: [
        "mount", "umount2", "pivot_root", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "mount_setattr",
        "swapon", "swapoff", "acct", "quotactl", "open_by_handle_at", "name_to_handle_at", "fanotify_init", "unshare",
        "setns", "process_madvise", "kcmp", "pidfd_getfd", "move_pages", "migrate_pages", "reboot", "kexec_load",
        "init_module", "finit_module", "delete_module", "bpf", "perf_event_open", "userfaultfd", "syslog", "iopl",
        "ioperm", "modify_ldt", "keyctl", "add_key", "request_key", "settimeofday", "clock_settime", "adjtimex",
        "clock_adjtime", "sethostname", "setdomainname", "vhangup", "lookup_dcookie",
    ])
    func noProfileAllows(_ call: String) throws {
        for profile in SeccompProfile.allCases {
            #expect(try filter(profile).decide(call) == .fail(EPERM), "\(profile)")
        }
    }

    @Test func profilesDifferInWhatTheyAreFor() throws {
        let standard = try filter(.standard)
        for (profile, calls) in [
            (SeccompProfile.root, ["chroot"]), (.debug, ["ptrace", "process_vm_readv", "process_vm_writev"]),
        ] {
            for call in calls {
                #expect(standard.decide(call) == .fail(EPERM))
                #expect(try filter(profile).decide(call) == .allow)
            }
        }
        #expect(try filter(.root).decide("ptrace") == .fail(EPERM))
        #expect(try filter(.debug).decide("chroot") == .fail(EPERM))
        #expect(try ConfinementProfile.compiled(.root).capabilities == ConfinementProfile.rootCapabilities)
        #expect(try ConfinementProfile.compiled(.standard).capabilities.isEmpty)
        #expect(try ConfinementProfile.compiled(.debug).capabilities.isEmpty)
        #expect(try ConfinementProfile.compiled(.standard).name == "default")
    }

    @Test func libcAndLibuvFallBackFromWhatCannotBeLookedInto() throws {
        let filter = try filter(.standard)
        for call in ["clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "sched_setattr"] {
            #expect(filter.decide(call) == .fail(ENOSYS), "\(call)")
        }
        #expect(filter.decide(UInt32.max) == .fail(ENOSYS))
    }

    @Test func cloneMakesNoNamespace() throws {
        let filter = try filter(.root)
        let threadFlags: UInt64 = 0x3D_0F00
        #expect(filter.decide("clone", threadFlags) == .allow)
        #expect(filter.decide("clone", UInt64(SIGCHLD) | 0x0120_0000) == .allow)
        for bit in [17, 25, 26, 27, 28, 29, 30] {
            #expect(filter.decide("clone", 1 << bit) == .fail(EPERM), "bit \(bit)")
            #expect(filter.decide("clone", 1 << bit | threadFlags | 0xDEAD << 32) == .fail(EPERM), "bit \(bit)")
        }
    }

    @Test(arguments: [UInt64(0), 0xFFFF_FFFF_0000_0000, 1 << 32])
    func terminalsAreNotTypedInto(high: UInt64) throws {
        let filter = try filter(.standard)
        #expect(filter.decide("ioctl", 0, 0x5412 | high) == .fail(EPERM))
        #expect(filter.decide("ioctl", 0, 0x541C | high) == .fail(EPERM))
        for request: UInt64 in [0x5401, 0x5410, 0x5413, 0x541B, 0x8004_5430] {
            #expect(filter.decide("ioctl", 0, request | high) == .allow)
        }
        // The same bits in another argument mean nothing.
        #expect(filter.decide("ioctl", 0x5412, 0x5401, 0x5412) == .allow)
    }

    @Test(arguments: [UInt64(0), 0xFFFF_FFFF_0000_0000, 1 << 32])
    func socketsOfFourFamilies(high: UInt64) throws {
        let filter = try filter(.standard)
        for family in UInt64(0)..<64 {
            for type in UInt64(0)..<16 {
                for flags: UInt64 in [0, 0x8_0800] {
                    let expected: FilterDecision =
                        switch (family, type) {
                        case (1, _), (16, _), (2, 1...2), (10, 1...2): .allow
                        case (2, 3), (2, 10), (10, 3), (10, 10): .fail(EPERM)
                        default: .fail(EAFNOSUPPORT)
                        }
                    let decision = filter.decide("socket", family | high, type | flags | high, 0)
                    #expect(decision == expected, "family \(family), type \(type)")
                }
            }
            #expect(filter.decide("socketpair", family | high) == (family == 1 ? .allow : .fail(EAFNOSUPPORT)))
        }
        for family: UInt64 in [2, 10] {
            #expect(filter.decide("socket", family | high, 1, 6) == .allow)
            #expect(filter.decide("socket", family | high, 2, 17) == .allow)
            for protocolNumber: UInt64 in [33, 132, 136, 255, 256, 262, 0xFFFF_FFFF] {
                #expect(filter.decide("socket", family | high, 1, protocolNumber) == .fail(EPROTONOSUPPORT))
            }
        }
        for protocolNumber in UInt64(1)..<32 {
            #expect(filter.decide("socket", 16 | high, 3, protocolNumber) == .fail(EPROTONOSUPPORT))
        }
    }

    @Test func schedulingAndPersonalityStayOrdinary() throws {
        let filter = try filter(.standard)
        for policy in UInt64(0)..<16 {
            for reset: UInt64 in [0, 0x4000_0000, 0x4000_0000 | 1 << 32] {
                let expected: FilterDecision = [0, 3, 5].contains(policy) ? .allow : .fail(EPERM)
                #expect(filter.decide("sched_setscheduler", 0, policy | reset) == expected, "policy \(policy)")
            }
        }
        #expect(filter.decide("personality", 0) == .allow)
        #expect(filter.decide("personality", 0xFFFF_FFFF) == .allow)
        #expect(filter.decide("personality", UInt64.max) == .allow)
        for value: UInt64 in [0x0040000, 0x0400000, 0x0440000, 0x8, 0x1_0004_0000] {
            #expect(filter.decide("personality", value) == .fail(EPERM))
        }
    }

    @Test func compilesQuickly() throws {
        let clock = ContinuousClock()
        let fastest = try (0..<5).map { _ in try clock.measure { _ = try ConfinementProfile.compiled(.standard) } }
            .min()
        print("filter:", try filter(.standard).instructions.count, "instructions in", fastest ?? .zero)
        #expect(try #require(fastest) < .milliseconds(20))
    }
}
