import Glibc

/// Which system calls the programs of a sandbox may make.
package enum SeccompProfile: String, CaseIterable, Sendable {
    /// What ordinary programs need.
    case standard = "default"
    /// The same and what package installation needs.
    case root
    /// The same as `standard` and the tracing of own processes.
    case debug

    /// Refused whatever `allowances` says.
    var refusals: [SeccompRule] { Self.terminalRefusals + Self.socketRefusals }

    /// Allowed when the conditions of one of a call's rules hold.
    var allowances: [SeccompRule] {
        let calls = SeccompAllowedCalls.all + additionalCalls
        return calls.map { SeccompRule($0) } + Self.conditionalAllowances
    }

    /// What a call that is not allowed is answered with.
    ///
    /// ENOSYS, when nothing is named here, makes libc and programs fall back to older calls; EPERM tells a program that no
    /// other way will do either.
    static let answers =
        forbidden.map { SeccompAnswer($0, EPERM) } + [
            SeccompAnswer("clone", EPERM), SeccompAnswer("personality", EPERM),
            SeccompAnswer("sched_setscheduler", EPERM), SeccompAnswer("socket", EAFNOSUPPORT),
            SeccompAnswer("socketpair", EAFNOSUPPORT),
        ]

    private var additionalCalls: [String] {
        switch self {
        case .standard: []
        case .root: ["chroot"]
        case .debug: ["ptrace", "process_vm_readv", "process_vm_writev"]
        }
    }

    /// Calls that change or watch more than the caller's own processes and files.
    ///
    /// clone3, sched_setattr and io_uring_* are not here on purpose: what they ask lies behind a pointer, and libc and
    /// libuv fall back when they get ENOSYS.
    private static let forbidden = [
        // The mount table.
        "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount",
        "fspick", "mount_setattr", "swapon", "swapoff", "quotactl", "quotactl_fd", "acct",
        // Files past their paths.
        "name_to_handle_at", "open_by_handle_at", "fanotify_init", "fanotify_mark", "lookup_dcookie", "nfsservctl",
        // Namespaces and other processes.
        "unshare", "setns", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp",
        "pidfd_getfd", "migrate_pages", "move_pages", "mbind", "set_mempolicy", "set_mempolicy_home_node",
        "get_mempolicy",
        // The kernel and the machine.
        "reboot", "kexec_load", "kexec_file_load", "create_module", "init_module", "finit_module", "delete_module",
        "query_module", "get_kernel_syms", "bpf", "perf_event_open", "userfaultfd", "syslog", "iopl", "ioperm",
        "modify_ldt", "vhangup",
        // Keys outlive and cross sandboxes; see keyrings(7).
        "keyctl", "add_key", "request_key",
        // The clock and the names.
        "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname",
    ]
}

extension SeccompProfile {
    /// Typing into somebody's terminal; see TIOCSTI in tty_ioctl(4) and ioctl_console(2).
    ///
    /// The kernel looks at 32 bits of the request only, so the filter must too.
    private static let terminalRefusals = [
        SeccompRule("ioctl", .int32(1, 0x5412), refusedWith: EPERM),
        SeccompRule("ioctl", .int32(1, 0x541C), refusedWith: EPERM),
    ]

    private static let unix = SeccompCondition.int32(0, 1)
    private static let netlink = SeccompCondition.int32(0, 16)
    /// AF_INET, AF_INET6.
    private static let internet = [SeccompCondition.int32(0, 2), .int32(0, 10)]

    /// Raw and packet sockets, and protocols beyond TCP and UDP (SCTP, DCCP, MPTCP, ...), which would load kernel modules.
    private static let socketRefusals: [SeccompRule] =
        internet.flatMap { family in
            [
                SeccompRule("socket", family, .bits(1, mask: 0xF, equal: 3), refusedWith: EPERM),
                SeccompRule("socket", family, .bits(1, mask: 0xF, equal: 10), refusedWith: EPERM),
                SeccompRule("socket", family, .above(2, UInt64(IPPROTO_UDP)), refusedWith: EPROTONOSUPPORT),
            ]
        } + [
            // NETLINK_ROUTE is 0.
            SeccompRule("socket", netlink, .above(2, 0), refusedWith: EPROTONOSUPPORT)
        ]

    private static let conditionalAllowances: [SeccompRule] =
        [
            SeccompRule("ioctl"),
            SeccompRule("clone", .bits(cloneFlagsArgument, mask: newNamespaces, equal: 0)),
            SeccompRule("socket", unix),
            SeccompRule("socket", netlink, .int32(2, 0)),
            SeccompRule("socketpair", unix),
            // PER_LINUX, and the question which it is; see personality(2).
            SeccompRule("personality", .int32(0, 0)),
            SeccompRule("personality", .int32(0, 0xFFFF_FFFF)),
        ]
        // SOCK_STREAM, SOCK_DGRAM; the bits above are SOCK_NONBLOCK and SOCK_CLOEXEC.
        + internet.flatMap { family in
            [1, 2].map { SeccompRule("socket", family, .bits(1, mask: 0xF, equal: $0)) }
        }
        // SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, each also with SCHED_RESET_ON_FORK; see sched(7).
        + [0, 3, 5].map { SeccompRule("sched_setscheduler", .bits(1, mask: 0xBFFF_FFFF, equal: $0)) }

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    ///
    /// CLONE_NEWTIME is unknown to clone(2): its bit is part of the exit signal there.
    private static let newNamespaces: UInt64 = 0x7E02_0000

    /// The flags come first but on s390x, which is not supported; see clone(2).
    private static let cloneFlagsArgument: UInt32 = 0
}

extension ConfinementProfile {
    /// The profile with its filter, compiled for this machine; made once and kept, as it costs milliseconds.
    package static func compiled(_ profile: SeccompProfile) throws(SandboxError) -> ConfinementProfile {
        ConfinementProfile(
            name: profile.rawValue,
            seccomp: try SeccompCompiler.compile(profile),
            answers: SeccompAnswers(profile),
            capabilities: profile == .root ? rootCapabilities : []
        )
    }
}
