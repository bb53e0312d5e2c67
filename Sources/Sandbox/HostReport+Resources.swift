import Glibc
import Linux

extension HostReport {
    // MARK: Ids and privilege

    var identities: HostFinding {
        if let slots = facts.identitySlots {
            let whose = slots == 1 ? "shared by all sandboxes" : "for each of up to \(slots) sandboxes at once"
            return .found("user ids", "65,536 ids \(whose)")
        }
        if facts.hasSharedIdentities {
            return .found("user ids", "65,536 subordinate ids, the same for all sandboxes of \(facts.userName)")
        }
        var commands: [String] = []
        if !facts.hasIdentityTools { commands.append("sudo apt-get install uidmap") }
        commands.append(
            "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 \(facts.userName)"
        )
        return .degraded(
            "user ids",
            "one id: root inside is \(facts.userName) outside",
            cost: "no other users inside; sandboxes are told apart by namespaces alone",
            remedy: commands.joined(separator: " && ") + ", then restart executord"
        )
    }

    /// What a system service must keep: see capabilities(7).
    private static let needed: [(number: UInt64, name: String)] = [
        (0, "CHOWN"), (1, "DAC_OVERRIDE"), (3, "FOWNER"), (5, "KILL"), (6, "SETGID"), (7, "SETUID"), (8, "SETPCAP"),
        (12, "NET_ADMIN"), (18, "SYS_CHROOT"), (21, "SYS_ADMIN"),
    ]
    private static let resource: UInt64 = 24

    var capabilities: HostFinding {
        guard facts.isRoot else { return .found("capabilities", "an ordinary user's: none") }
        let absent = Self.needed.filter { facts.capabilities >> $0.number & 1 == 0 }.map { "CAP_" + $0.name }
        guard absent.isEmpty else {
            return .missing(
                "capabilities",
                "root without \(absent.joined(separator: ", "))",
                cost: Self.noSandbox,
                remedy: "leave them in CapabilityBoundingSet= of the unit, or in the outer container (--cap-add)"
            )
        }
        guard facts.capabilities >> Self.resource & 1 == 1 else {
            return .degraded(
                "capabilities",
                "root without CAP_SYS_RESOURCE",
                cost: "hard resource limits of tasks are at most the daemon's own",
                remedy: "leave it in CapabilityBoundingSet= of the unit, or in the outer container (--cap-add)"
            )
        }
        return .found("capabilities", "root's")
    }

    // MARK: Layers

    var layers: [HostFinding] {
        [
            require(
                "overlayfs",
                attempts.overlay,
                "in user namespaces, with user xattrs",
                cost: Self.noSandbox,
                remedy: attempts.overlay == .failed(ENODEV)
                    ? "sudo modprobe overlay" : "a kernel from 5.11 on, which lets user namespaces mount overlays"
            ),
            memoryLayers,
            prefer(
                "writable /usr",
                attempts.identityMappedMount,
                "identity-mapped mounts",
                cost: "/usr is read-only inside: tasks cannot install packages",
                remedy: facts.isRoot
                    ? "a file system for /usr that can be identity-mapped (ext4, xfs, btrfs)"
                    : Self.asService
            ),
            diskLayers,
        ]
    }

    private var memoryLayers: HostFinding {
        let cost = "removing or replacing a directory of the image fails inside"
        let removal = prefer(
            "memory layers",
            attempts.overlayRemoval,
            "overlays on tmpfs keep their marks",
            cost: cost,
            remedy: "a kernel from 6.6 on"
        )
        guard case .failed = attempts.memoryAttributes, removal.status == .found else { return removal }
        // The layer works and its marks are kept in some other way; tasks lose their own attributes only.
        return .degraded(
            "memory layers",
            "no user xattrs on tmpfs",
            cost: "tasks cannot keep extended attributes",
            remedy: "a kernel from 6.6 on"
        )
    }

    private var diskLayers: HostFinding {
        let cost = "writable layers beyond 256 MB have no enforced size: tasks that ask for one are refused"
        if attempts.loopDevices == .works, !facts.hasMakeFileSystem {
            return .degraded("disk layers", "no mkfs.ext4", cost: cost, remedy: "sudo apt-get install e2fsprogs")
        }
        return prefer(
            "disk layers",
            attempts.loopDevices,
            "loop devices and mkfs.ext4",
            cost: cost,
            remedy: facts.isRoot ? "sudo modprobe loop" : Self.asService
        )
    }

    // MARK: Limits

    /// One finding a limit; nil stands for a tree that could not be opened.
    func limits(_ support: CgroupSupport?) -> [HostFinding] {
        guard let support else {
            return [
                .missing(
                    "cgroups",
                    "not opened",
                    cost: "tasks with limits are refused",
                    remedy: limitRemedy(layout: "none")
                )
            ]
        }
        return CgroupLimitName.allCases.map { limit in
            let name = "\(limit.rawValue) limit"
            if support.enforceable.contains(limit) { return .found(name, "cgroup \(support.layout)") }
            return .missing(
                name,
                support.layout == "none" ? "no cgroup that we may write" : "not delegated (cgroup \(support.layout))",
                cost: "tasks are refused unless --allow-unenforced",
                remedy: limitRemedy(layout: support.layout)
            )
        }
    }

    /// On v2 the daemon must be the only process of a delegated group: beside a client, in a scope or a login session,
    /// it can give no controller to groups below ("no internal processes", cgroups(7)), not even as root.
    private func limitRemedy(layout: String) -> String {
        switch (layout, facts.isRoot) {
        case ("none", true): "in a container, mount /sys/fs/cgroup writable"
        case (_, true): "start the daemon in a unit of its own: systemd-run -p Delegate=yes executord"
        // v1 gives users nothing.
        case ("v1", false), ("hybrid", false): Self.asService
        case (_, false): "start the daemon in a unit of its own: systemd-run --user -p Delegate=yes executord"
        }
    }

    // MARK: The rest of the host

    var host: [HostFinding] { [space] }

    private static let littleSpace: UInt64 = 1 << 30
    private static let fewInodes: UInt64 = 20_000

    private var space: HostFinding {
        guard let bytes = facts.freeBytes else {
            return .missing(
                "disk space",
                "cannot look at \(facts.stateDirectory)",
                cost: "nothing can be recorded",
                remedy: "sudo install -d -o \(facts.userName) \(facts.stateDirectory)"
            )
        }
        let inodes = facts.freeInodes.map { ", \($0) inodes" } ?? ""
        let detail = "\(bytes >> 20) MiB\(inodes) free in \(facts.stateDirectory)"
        guard bytes < Self.littleSpace || (facts.freeInodes ?? .max) < Self.fewInodes else {
            return .found("disk space", detail)
        }
        return .degraded(
            "disk space",
            detail,
            cost: "trials fail when their layers and outputs no longer fit",
            remedy: "remove old trials, or keep the state on a larger file system"
        )
    }
}
