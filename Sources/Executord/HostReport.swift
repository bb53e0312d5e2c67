import CLinux
import FoundationEssentials
import Glibc
import Sandbox
import Wire

/// What `executorctl doctor` says: each thing sandboxes need, found or missing, what that costs, what mends it.
enum HostReport {
    /// Everything, with a daemon that runs.
    static func findings(_ daemon: Daemon) -> [DaemonDoctor.Finding] {
        hostFindings() + [launcher(daemon), identities(daemon), mappedMounts(daemon)] + cgroups(daemon)
    }

    /// What can be told without a launcher.
    static func hostFindings() -> [DaemonDoctor.Finding] {
        [kernel(), userNamespaces(), appArmor(), overlay(), memoryLayers(), loopDevices(), tools()]
    }

    private static func finding(
        _ name: String,
        _ isFound: Bool,
        _ detail: String,
        cost: String? = nil,
        remedy: String? = nil,
        otherwise: String = "missing"
    ) -> DaemonDoctor.Finding {
        DaemonDoctor.Finding(
            name: name,
            status: isFound ? "found" : otherwise,
            detail: detail,
            cost: isFound ? nil : cost,
            remedy: isFound ? nil : remedy
        )
    }

    private static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8)).map {
            $0.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        }
    }

    // MARK: The kernel

    private static func kernel() -> DaemonDoctor.Finding {
        finding("kernel", true, "Linux \(text("/proc/sys/kernel/osrelease") ?? "?")")
    }

    private static func userNamespaces() -> DaemonDoctor.Finding {
        let limit = text("/proc/sys/user/max_user_namespaces").flatMap { Int($0) }
        let isOff = text("/proc/sys/kernel/unprivileged_userns_clone") == "0" && geteuid() != 0
        if isOff {
            return finding(
                "user namespaces",
                false,
                "switched off for ordinary users",
                cost: "no sandbox can start",
                remedy: "sudo sysctl -w kernel.unprivileged_userns_clone=1, or run executord as a system service"
            )
        }
        return finding(
            "user namespaces",
            (limit ?? 0) > 0,
            limit.map { "at most \($0)" } ?? "not in this kernel",
            cost: "no sandbox can start",
            remedy: "sudo sysctl -w user.max_user_namespaces=15000"
        )
    }

    /// Ubuntu 24.04 and later.
    private static func appArmor() -> DaemonDoctor.Finding {
        let isRestricted =
            text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" && geteuid() != 0
        return finding(
            "namespace restrictions",
            !isRestricted,
            isRestricted ? "AppArmor restricts unprivileged user namespaces" : "none",
            cost: "no sandbox can start",
            remedy: "run executord as a system service, or give it an AppArmor profile with 'userns,'"
        )
    }

    private static func overlay() -> DaemonDoctor.Finding {
        let known = (try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8)) ?? ""
        return finding(
            "overlayfs",
            known.contains("\toverlay\n"),
            known.contains("\toverlay\n") ? "in the kernel" : "not loaded",
            cost: "no sandbox can start",
            remedy: "sudo modprobe overlay"
        )
    }

    /// Overlays keep their marks in user xattrs; tmpfs has those since Linux 6.6.
    ///
    /// Tried on a file that has no name.
    private static func memoryLayers() -> DaemonDoctor.Finding {
        let file = memoryFile()
        defer { if file >= 0 { close(file) } }
        var value: UInt8 = 1
        let works = file >= 0 && clinux_set_xattr(file, "user.executord", &value, 1) == 0
        return finding(
            "memory layers",
            works,
            works ? "tmpfs keeps user xattrs" : "tmpfs has no user xattrs (before Linux 6.6)",
            cost: "removing a directory of the image fails inside",
            remedy: "a kernel from 6.6 on",
            otherwise: "degraded"
        )
    }

    private static func memoryFile() -> CInt {
        open("/dev/shm", O_TMPFILE_FLAGS | O_RDWR | O_CLOEXEC, 0o600)
    }

    /// O_TMPFILE of fcntl.h on x86-64, which the Swift overlay does not show; see open(2).
    private static let O_TMPFILE_FLAGS: CInt = 0o20200000

    private static func loopDevices() -> DaemonDoctor.Finding {
        let works = access("/dev/loop-control", R_OK | W_OK) == 0 && access("/sbin/mkfs.ext4", X_OK) == 0
        return finding(
            "disk layers",
            works,
            works ? "loop devices and mkfs.ext4" : "no access to loop devices, or no mkfs.ext4",
            cost: "layers beyond 256 MB are refused",
            remedy: "run as root with e2fsprogs installed",
            otherwise: "degraded"
        )
    }

    private static func tools() -> DaemonDoctor.Finding {
        let missing: [String] = ["/usr/bin/tar", "/usr/bin/find", "/bin/sh"].filter { path in access(path, X_OK) != 0 }
        return finding(
            "host programs",
            missing.isEmpty,
            missing.isEmpty ? "tar, find, sh" : "no \(missing.joined(separator: ", "))",
            cost: "layers cannot be archived",
            remedy: "sudo apt-get install tar findutils dash"
        )
    }

    // MARK: The daemon

    private static func launcher(_ daemon: Daemon) -> DaemonDoctor.Finding {
        finding("launcher", true, daemon.configuration.launcher)
    }

    private static func identities(_ daemon: Daemon) -> DaemonDoctor.Finding {
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
        switch daemon.services.host.identities.source {
        case .ranges(_, let slots):
            return finding("user ids", true, "65,536 ids for each of up to \(slots) sandboxes")
        case .single:
            return finding(
                "user ids",
                false,
                "one id: root inside is \(user) outside",
                cost: "no other users inside; sandboxes are told apart by namespaces alone",
                remedy: "sudo apt-get install uidmap && sudo usermod --add-subuids 100000-165535 "
                    + "--add-subgids 100000-165535 \(user)",
                otherwise: "degraded"
            )
        }
    }

    private static func mappedMounts(_ daemon: Daemon) -> DaemonDoctor.Finding {
        let works = daemon.services.host.planner.abilities.identityMappedMounts
        return finding(
            "writable /usr",
            works,
            works ? "identity-mapped overlays" : "/usr is read-only inside",
            cost: "tasks cannot install packages",
            remedy: "run executord as a system service",
            otherwise: "degraded"
        )
    }

    private static func cgroups(_ daemon: Daemon) -> [DaemonDoctor.Finding] {
        let tree = daemon.services.cgroups
        return CgroupLimitName.allCases.map { limit in
            finding(
                "\(limit.rawValue) limit",
                tree.enforceable.contains(limit),
                "cgroup \(tree.layoutName)",
                cost: "tasks are refused unless --allow-unenforced",
                remedy: "run executord as a service with Delegate=yes, or as root"
            )
        }
    }
}
