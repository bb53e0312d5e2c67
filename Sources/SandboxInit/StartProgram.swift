import CCap
import CLinux
import Glibc
import SandboxPlan

/// Who an action runs as, looked up.
struct ResolvedUser {
    let uid: uid_t
    let gid: gid_t
}

extension InitLoop {
    /// Forks and executes a program; returns once it has been executed, or fails with the stage that did.
    func start(
        _ program: ProgramPlan,
        as user: ResolvedUser,
        streams: [CInt],
        joins: [CInt]
    ) throws(SetupFailure) -> pid_t {
        var status: [CInt] = [-1, -1]
        _ = try attempt(.execute, "pipe") { clinux_pipe(&status) }
        defer { _ = close(status[0]) }
        let child = fork()
        if child == 0 {
            let failure = ProgramStart(program: program, user: user, streams: streams, joins: joins).execute()
            var writer = ByteWriter()
            failure.write(to: &writer)
            _ = write(status[1], writer.bytes, writer.bytes.count)
            _exit(127)
        }
        let forkError = errno
        _ = close(status[1])
        guard child > 0 else { throw SetupFailure(stage: .execute, call: "fork", errno: forkError) }
        var record = [UInt8](repeating: 0, count: 512)
        var count = read(status[0], &record, record.count)
        while count < 0 && errno == EINTR { count = read(status[0], &record, record.count) }
        guard count > 0 else { return child }
        var reader = ByteReader(Array(record[..<count]))
        throw (try? SetupFailure.read(from: &reader))
            ?? SetupFailure(stage: .execute, call: "status record", errno: EPROTO)
    }
}

/// The steps of an action's child between fork and execve, in order.
private struct ProgramStart {
    let program: ProgramPlan
    let user: ResolvedUser
    let streams: [CInt]
    let joins: [CInt]

    /// Does not return when it succeeds.
    func execute() -> SetupFailure {
        do throws(SetupFailure) {
            for file in joins { try join(file) }
            _ = try attempt(.session, "setsid") { setsid() }
            try connectStreams()
            try limitResources()
            try preferForKilling()
            try dropCapabilities()
            _ = try attempt(.noNewPrivileges, "prctl") { clinux_set_no_new_privileges() }
            _ = try attempt(.workingDirectory, "chdir \(program.workingDirectory)") {
                chdir(program.workingDirectory)
            }
            _ = try attempt(.seccomp, "signals") { clinux_reset_signals() }
            let candidates = try candidatePaths()
            // Last: from here on only what the filter allows.
            _ = try attempt(.seccomp, "seccomp") {
                clinux_install_seccomp(program.seccomp, program.seccomp.count)
            }
            return executeFirst(of: candidates)
        } catch {
            return error
        }
    }

    /// Joins a group; as another user's child on v1 through the file opened by ourselves, see `CgroupJoins`.
    private func join(_ file: CInt) throws(SetupFailure) {
        guard write(file, "0", 1) != 1 else { return }
        guard errno == EACCES else { throw SetupFailure(stage: .joinCgroup, call: "write cgroup", errno: errno) }
        let own = try attempt(.joinCgroup, "open cgroup") { open("/proc/self/fd/\(file)", O_WRONLY | O_CLOEXEC) }
        defer { _ = close(own) }
        _ = try attempt(.joinCgroup, "write cgroup") { write(own, "0", 1) }
    }

    private func connectStreams() throws(SetupFailure) {
        // Passed descriptors lie above 3, so that none is overwritten before it is moved.
        for (target, stream) in streams.enumerated() {
            _ = try attempt(.standardStreams, "dup2") { dup2(stream, CInt(target)) }
        }
        // 3 and above are close-on-exec from birth; the status pipe must live until then.
    }

    private func limitResources() throws(SetupFailure) {
        for limit in program.resourceLimits {
            var current = rlimit()
            let resource = __rlimit_resource_t(UInt32(limit.resource))
            _ = try attempt(.resourceLimits, "getrlimit") { getrlimit(resource, &current) }
            // Raising a hard limit needs a capability of the host: a lower one that is already there stands.
            let value = min(rlim_t(limit.value), current.rlim_max)
            var wanted = rlimit(rlim_cur: value, rlim_max: value)
            _ = try attempt(.resourceLimits, "setrlimit \(limit.resource)") { setrlimit(resource, &wanted) }
        }
    }

    /// Short of memory, the kernel takes the action and not pid 1, which would end the sandbox; see proc(5), oom_score_adj.
    ///
    /// What fills a memfd or a tmpfs is no larger than pid 1 by itself.
    private func preferForKilling() throws(SetupFailure) {
        // An undumpable process cannot write its own file. With all capabilities, nobody inside may trace it yet.
        _ = try attempt(.resourceLimits, "prctl PR_SET_DUMPABLE") { clinux_set_dumpable(1) }
        try writeFile("/proc/self/oom_score_adj", "500", stage: .resourceLimits)
        _ = try attempt(.resourceLimits, "prctl PR_SET_DUMPABLE") { clinux_set_dumpable(0) }
    }

    private func dropCapabilities() throws(SetupFailure) {
        let kept = Set(program.capabilities.map { CInt($0) })
        for capability in 0...clinux_keep_last_capability() where !kept.contains(capability) {
            _ = try attempt(.capabilities, "prctl PR_CAPBSET_DROP") { clinux_drop_bounding_capability(capability) }
        }
        if clinux_clear_ambient_capabilities() != 0 && errno != EINVAL {
            throw SetupFailure(stage: .capabilities, call: "prctl PR_CAP_AMBIENT", errno: errno)
        }
        _ = clinux_setgroups_none()  // refused where only one id is mapped: there is no group to drop then
        _ = try attempt(.user, "setresuid \(user.uid)") { clinux_set_ids(user.uid, user.gid) }
        // Changing to an ordinary user cleared all of them; root keeps what the profile keeps.
        let remaining = user.uid == 0 ? kept.map { cap_value_t($0) } : []
        guard let state = cap_init() else {
            throw SetupFailure(stage: .capabilities, call: "cap_init", errno: errno)
        }
        defer { cap_free(UnsafeMutableRawPointer(state)) }
        for set in [CAP_PERMITTED, CAP_EFFECTIVE] where !remaining.isEmpty {
            _ = try attempt(.capabilities, "cap_set_flag") {
                cap_set_flag(state, set, CInt(remaining.count), remaining, CAP_SET)
            }
        }
        _ = try attempt(.capabilities, "capset") { cap_set_proc(state) }
    }

    /// Where the program may be, in PATH's order; see execvp(3).
    private func candidatePaths() throws(SetupFailure) -> [String] {
        let name = program.argv[0]
        if name.utf8.contains(UInt8(ascii: "/")) { return [name] }
        guard !name.isEmpty else { throw SetupFailure(stage: .execute, call: "execve", errno: ENOENT) }
        let path = program.environment.first { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }
    }

    private func executeFirst(of candidates: [String]) -> SetupFailure {
        var reported = ENOENT
        withCStringArray(program.argv) { argv in
            withCStringArray(program.environment) { environment in
                for candidate in candidates {
                    _ = execve(candidate, argv, environment)
                    let code = errno
                    // A candidate that exists but cannot be run is the better explanation, as in execvp(3).
                    if code != ENOENT && code != ENOTDIR { reported = code }
                }
            }
        }
        return SetupFailure(stage: .execute, call: "execve \(program.argv[0])", errno: reported)
    }
}
