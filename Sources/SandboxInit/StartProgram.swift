import CLinux
import Glibc
import Linux
import SandboxPlan

/// Who an action runs as, looked up.
struct ResolvedUser {
    let uid: uid_t
    let gid: gid_t
}

/// A program between fork and execve: its first process, and the pipe on which it reports a failure.
///
/// The end of the pipe without a report means that the program has been executed.
struct StartingProgram {
    let pid: pid_t
    let status: CInt

    init(pid: pid_t, status: CInt) {
        self.pid = pid
        self.status = status
    }

    /// Forks; the child then goes on by itself, for how long an agent may hold it up by signals.
    init(_ program: ProgramPlan, id: UInt32, streams: [CInt], joins: [CInt], control: CInt) throws(SetupFailure) {
        let user = try resolve(program.user)
        var ends: [CInt] = [-1, -1]
        _ = try attempt(.execute, "pipe") { clinux_pipe(&ends) }
        let child = fork()
        if child == 0 {
            let start = ProgramStart(
                program: program,
                id: id,
                user: user,
                streams: streams,
                joins: joins,
                control: control
            )
            let failure = start.execute()
            var writer = ByteWriter()
            failure.write(to: &writer)
            _ = write(ends[1], writer.bytes, writer.bytes.count)
            _exit(127)
        }
        let forkError = errno
        _ = close(ends[1])
        guard child > 0 else {
            _ = close(ends[0])
            throw SetupFailure(stage: .execute, call: "fork", errno: forkError)
        }
        pid = child
        status = ends[0]
    }

    /// Reads the report, which must be there; nil when the program runs (or was killed before it could).
    consuming func failure() -> SetupFailure? {
        defer { _ = close(status) }
        var record = [UInt8](repeating: 0, count: 512)
        var count = read(status, &record, record.count)
        while count < 0 && errno == EINTR { count = read(status, &record, record.count) }
        guard count > 0 else { return nil }
        var reader = ByteReader(Array(record[..<count]))
        return (try? SetupFailure.read(from: &reader))
            ?? SetupFailure(stage: .execute, call: "status record", errno: EPROTO)
    }
}

/// The steps of an action's child between fork and execve, in order.
private struct ProgramStart {
    let program: ProgramPlan
    let id: UInt32
    let user: ResolvedUser
    let streams: [CInt]
    let joins: [CInt]
    /// Where the daemon gets what it is to hold of the program.
    let control: CInt

    /// Does not return when it succeeds.
    func execute() -> SetupFailure {
        do throws(SetupFailure) {
            for file in joins { try join(file) }
            _ = try attempt(.session, "setsid") { setsid() }
            try connectStreams()
            try limitResources()
            try Privileges(user: user, capabilities: program.capabilities).assume()
            if let size = program.terminal {
                try TerminalSetup(size: size, control: control, action: id).connect()
            }
            _ = try attempt(.workingDirectory, "chdir \(program.workingDirectory)") {
                chdir(program.workingDirectory)
            }
            _ = try attempt(.seccomp, "signals") { clinux_unblock_signals() }
            let candidates = try candidatePaths()
            // Last: from here on only what the filter allows.
            try confine()
            return executeFirst(of: candidates)
        } catch {
            return error
        }
    }

    /// Installs the filter, and hands over the descriptor on which it asks; see `SeccompAnswers`.
    private func confine() throws(SetupFailure) {
        let listener = clinux_install_asking_seccomp(program.seccomp, program.seccomp.count)
        guard listener < 0 else {
            defer { _ = close(listener) }
            guard sendMessage(control, ControlEvent.asking(id: id).encoded(), [listener]) else {
                throw SetupFailure(stage: .seccomp, call: "sendmsg", errno: errno)
            }
            return
        }
        guard errno == EBUSY else { throw SetupFailure(stage: .seccomp, call: "seccomp", errno: errno) }
        // Around us somebody listens already: with nobody to ask the kernel refuses these calls with ENOSYS.
        _ = try attempt(.seccomp, "seccomp") { clinux_install_seccomp(program.seccomp, program.seccomp.count) }
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
