import CLinux
import Glibc
import SandboxPlan

extension Launcher {
    /// A mount namespace of its own, and for an ordinary user a user namespace (the keeper) around it.
    ///
    /// In the keeper the launcher is root over its caller's subordinate ids, so that everything else is the same
    /// code for root and for users: ranges of the keeper's ids are handed to nested namespaces without newuidmap(1).
    func enterOwnNamespaces() throws(SetupFailure) {
        _ = try attempt(.session, "prctl PR_SET_PDEATHSIG") { clinux_set_parent_death_signal(SIGKILL) }
        if let users = configuration.keeper {
            try enterKeeper(users: users, groups: configuration.keeperGroups)
        }
        _ = try attempt(.unshare, "unshare mount") { clinux_unshare(CLINUX_CLONE_NEWNS) }
        _ = try attempt(.mountPropagation, "mount MS_PRIVATE") { clinux_mount_private() }
        try mountMemory(path: configuration.mounts, bytes: 4 << 20, inodes: 65536, owner: 0)
        let scratch = configuration.mounts + "/scratch"
        _ = try attempt(.scratch, "mkdir \(scratch)") { mkdir(scratch, 0o755) }
        // Sandboxes begin here, and reach it even when they may not pass through what lies above.
        _ = try attempt(.scratch, "chdir \(configuration.mounts)") { chdir(configuration.mounts) }
    }

    private func enterKeeper(users: [IdentityRange], groups: [IdentityRange]) throws(SetupFailure) {
        let caller = (uid: getuid(), gid: getgid())
        let mapper = users.count > 1 ? try startMapper(users: users, groups: groups) : nil
        _ = try attempt(.unshare, "unshare user") { clinux_unshare(CLINUX_CLONE_NEWUSER) }
        if let mapper {
            try mapper.finish()
        } else {
            try writeFile("/proc/self/setgroups", "deny", stage: .identityMap)
            try writeFile("/proc/self/uid_map", "0 \(caller.uid) 1\n", stage: .identityMap)
            try writeFile("/proc/self/gid_map", "0 \(caller.gid) 1\n", stage: .identityMap)
        }
        _ = try attempt(.identity, "setresuid") { clinux_set_ids(0, 0) }
        // The change of ids cleared both (prctl(2)): the parent must still take us along, and /proc/self be ours.
        _ = try attempt(.session, "prctl PR_SET_PDEATHSIG") { clinux_set_parent_death_signal(SIGKILL) }
        _ = try attempt(.session, "prctl PR_SET_DUMPABLE") { clinux_set_dumpable(1) }
    }

    /// A child outside the keeper that runs newuidmap(1) and newgidmap(1) once the namespace exists.
    private func startMapper(users: [IdentityRange], groups: [IdentityRange]) throws(SetupFailure) -> Mapper {
        var ends: [CInt] = [-1, -1]
        _ = try attempt(.identityMap, "pipe") { clinux_pipe(&ends) }
        let target = getpid()
        let child = try attempt(.fork, "fork") { fork() }
        if child == 0 {
            var byte: UInt8 = 0
            _ = close(ends[1])
            guard read(ends[0], &byte, 1) == 1 else { _exit(1) }
            let ok =
                runMapTool("/usr/bin/newuidmap", target, users) && runMapTool("/usr/bin/newgidmap", target, groups)
            _exit(ok ? 0 : 1)
        }
        _ = close(ends[0])
        return Mapper(child: child, go: ends[1])
    }

    private struct Mapper {
        let child: pid_t
        let go: CInt

        func finish() throws(SetupFailure) {
            var byte: UInt8 = 1
            _ = try attempt(.identityMap, "write") { write(go, &byte, 1) }
            _ = close(go)
            var status: CInt = 0
            _ = try attempt(.identityMap, "waitpid") { waitpid(child, &status, 0) }
            guard status == 0 else {
                throw SetupFailure(stage: .identityMap, call: "newuidmap/newgidmap", errno: EPERM)
            }
        }
    }

    private func runMapTool(_ tool: String, _ target: pid_t, _ ranges: [IdentityRange]) -> Bool {
        var arguments = [tool, "\(target)"]
        for range in ranges { arguments += ["\(range.inside)", "\(range.outside)", "\(range.count)"] }
        let child = fork()
        if child == 0 {
            let argv = CStrings(arguments)
            let environment = CStrings([])
            _ = execve(tool, argv.pointer, environment.pointer)
            _exit(127)
        }
        var status: CInt = 0
        return child > 0 && waitpid(child, &status, 0) == child && status == 0
    }
}
