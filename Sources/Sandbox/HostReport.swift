import Glibc
import Linux

/// Turns attempts and facts into findings; pure, so that hosts we do not have can be tested.
struct HostReport: Sendable {
    let facts: HostFacts
    let attempts: HostAttempts

    static let noSandbox = "no sandbox can start"
    static let asService = "run executord as a system service"

    /// What no sandbox can do without, apart from namespaces.
    var kernel: [HostFinding] {
        [
            .found("kernel", "Linux \(facts.kernel)"),
            require(
                "process descriptors",
                attempts.processDescriptor,
                "pidfd_open",
                cost: "the daemon cannot watch what it starts",
                remedy: "a kernel from 5.3 on, or an outer container that allows pidfd_open"
            ),
            require(
                "system-call filter",
                attempts.seccomp,
                "seccomp with errno and kill actions",
                cost: Self.noSandbox,
                remedy: "a kernel with CONFIG_SECCOMP_FILTER"
            ),
            landlock,
        ]
    }

    private var landlock: HostFinding {
        guard case .failed(let code) = attempts.landlock else {
            return .found("landlock", "ABI \(attempts.landlockVersion ?? 0)")
        }
        return .degraded(
            "landlock",
            code == EOPNOTSUPP ? "built in, but off" : errorText(code),
            cost: "no second wall behind the mounts",
            remedy: code == EOPNOTSUPP
                ? "add landlock to lsm= on the kernel's command line" : "a kernel with CONFIG_SECURITY_LANDLOCK"
        )
    }

    /// Namespaces and what must work inside them.
    var sandboxes: [HostFinding] {
        [
            require(
                "user namespaces",
                attempts.userNamespace,
                facts.maximumUserNamespaces.map { "at most \($0)" } ?? "without limit",
                cost: Self.noSandbox,
                remedy: namespaceRemedy
            ),
            require(
                "identity maps",
                attempts.identityMap,
                "root inside is another id outside",
                cost: Self.noSandbox,
                remedy: facts.isRoot
                    ? "let executord keep CAP_SETUID and CAP_SETGID" : namespaceRemedy
            ),
            require(
                "other namespaces",
                attempts.otherNamespaces,
                "ipc, uts, cgroup",
                cost: Self.noSandbox,
                remedy: "raise user.max_ipc_namespaces, user.max_uts_namespaces and user.max_cgroup_namespaces "
                    + "with sudo sysctl -w"
            ),
            require(
                "network namespaces",
                attempts.networkNamespace,
                "with a loopback of their own",
                cost: Self.noSandbox,
                remedy: restrictedRemedy ?? "sudo sysctl -w user.max_net_namespaces=15000"
            ),
            publicNetwork,
            require(
                "mounts",
                attempts.mountInterface,
                "fsopen, fsmount, move_mount",
                cost: Self.noSandbox,
                remedy: restrictedRemedy ?? "a kernel from 5.12 on, or an outer container that allows mounts"
            ),
            require(
                "fresh /proc",
                attempts.freshProc,
                "can be mounted",
                cost: Self.noSandbox,
                remedy: "in a container, unmask /proc (docker: --security-opt systempaths=unconfined, podman: "
                    + "--security-opt unmask=ALL); in a unit, remove ProtectKernelTunables="
            ),
            identities,
            capabilities,
        ]
    }

    /// What is usually the cause of a refused user namespace, in the order in which the kernel asks.
    private var namespaceRemedy: String {
        if facts.maximumUserNamespaces == nil { return "a kernel with CONFIG_USER_NS" }
        if facts.maximumUserNamespaces == 0 { return "sudo sysctl -w user.max_user_namespaces=15000" }
        if facts.ordinaryUsersLockedOut, !facts.isRoot {
            return "sudo sysctl -w kernel.unprivileged_userns_clone=1, or " + Self.asService
        }
        return restrictedRemedy
            ?? "in a unit, remove RestrictNamespaces=; in a container, allow clone with CLONE_NEWUSER (docker and podman: --security-opt seccomp=unconfined, "
            + "or a profile of yours that allows it)"
    }

    /// AppArmor lets the namespace be made and takes its capabilities away: what fails is the next step or a later one.
    private var restrictedRemedy: String? {
        guard facts.appArmorRestricts, !facts.isRoot else { return nil }
        return Self.asService + ", or load the AppArmor profile of executord-init (rule 'userns,'; docs/operations.md)"
    }

    private var publicNetwork: HostFinding {
        guard let obstacle = facts.publicNetworkObstacle else { return .found("public network", "pasta, /dev/net/tun") }
        return .degraded(
            "public network",
            obstacle,
            cost: "tasks that ask for network_mode \"public\" are refused",
            remedy: facts.publicNetworkRemedy.map { "sudo " + $0 }
        )
    }

    // MARK: Helpers

    /// A feature that sandboxes cannot do without.
    func require(
        _ name: String,
        _ attempt: HostAttempt,
        _ detail: String,
        cost: String,
        remedy: String?
    ) -> HostFinding {
        switch attempt {
        case .works: .found(name, detail)
        case .failed(let code): .missing(name, errorText(code), cost: cost, remedy: remedy)
        case .notTried: .missing(name, "not tried: something it needs is missing", cost: cost, remedy: nil)
        }
    }

    /// A feature whose absence leaves something.
    func prefer(
        _ name: String,
        _ attempt: HostAttempt,
        _ detail: String,
        cost: String,
        remedy: String?
    ) -> HostFinding {
        switch attempt {
        case .works: .found(name, detail)
        case .failed(let code): .degraded(name, errorText(code), cost: cost, remedy: remedy)
        case .notTried: .degraded(name, "not tried: something it needs is missing", cost: cost, remedy: nil)
        }
    }
}
