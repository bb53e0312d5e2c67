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

    /// Starts the child, which then goes on by itself, for how long an agent may hold it up by signals.
    ///
    /// While nobody lives here who could, it borrows our memory instead, until it has executed its program; vfork(2). A copy
    /// costs more than all its other steps: tables of pages, and each page that either of us writes to.
    init(_ program: ProgramPlan, id: UInt32, streams: [CInt], joins: [CInt], control: CInt) throws(SetupFailure) {
        let user = try resolve(program.user)
        let paths = CStrings(try candidatePaths(of: program))
        let argv = CStrings(program.argv)
        let environment = CStrings(program.environment)
        var ends: [CInt] = [-1, -1]
        _ = try attempt(.execute, "pipe") { clinux_pipe(&ends) }
        var start = ProgramStart(
            program: program,
            id: id,
            user: user,
            streams: streams,
            joins: joins,
            control: control,
            status: ends[1],
            paths: paths.pointer,
            argv: argv.pointer,
            environment: environment.pointer
        )
        let child = withUnsafeMutablePointer(to: &start) { clinux_start_child(runChild, $0, isAlone() ? 1 : 0) }
        let forkError = errno
        withExtendedLifetime(paths) {}
        withExtendedLifetime(argv) {}
        withExtendedLifetime(environment) {}
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

/// Whether nobody but pid 1 lives in the sandbox: -1 is everybody but pid 1 and the caller; kill(2).
private func isAlone() -> Bool { kill(-1, 0) != 0 && errno == ESRCH }

/// Where the program may be, in PATH's order; see execvp(3).
private func candidatePaths(of program: ProgramPlan) throws(SetupFailure) -> [String] {
    let name = program.argv[0]
    if name.utf8.contains(UInt8(ascii: "/")) { return [name] }
    guard !name.isEmpty else { throw SetupFailure(stage: .execute, call: "execve", errno: ENOENT) }
    let path = program.environment.first { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }
}

/// The child of an action, which may have its parent's memory: what it takes there it must give back before it executes a
/// program, so all of that is done in calls that return.
private func runChild(_ context: UnsafeMutableRawPointer?) -> CInt {
    guard let start = context?.assumingMemoryBound(to: ProgramStart.self) else { return 127 }
    guard start.pointee.confine() else { return 127 }
    let code = execute(start.pointee.paths, start.pointee.argv, start.pointee.environment)
    start.pointee.tellNotExecuted(code)
    return 127
}

/// Executes the first of these paths that can be; returns the errno that explains best why none can.
private func execute(_ paths: CStringArray, _ argv: CStringArray, _ environment: CStringArray) -> CInt {
    var reported = ENOENT
    var next = paths
    while let path = next.pointee {
        next += 1
        // Cheaper than an execve(2) that fails.
        if access(path, F_OK) != 0, errno == ENOENT { continue }
        _ = execve(path, argv, environment)
        // A candidate that exists but cannot be run is the better explanation, as in execvp(3).
        if errno != ENOENT && errno != ENOTDIR { reported = errno }
    }
    return reported
}

/// The steps of an action's child before its program, in order.
private struct ProgramStart {
    let program: ProgramPlan
    let id: UInt32
    let user: ResolvedUser
    let streams: [CInt]
    let joins: [CInt]
    /// Where the daemon gets what it is to hold of the program.
    let control: CInt
    /// Where a failure is told.
    let status: CInt
    let paths: CStringArray
    let argv: CStringArray
    let environment: CStringArray

    /// False when a step has failed, which has been told then.
    func confine() -> Bool {
        do throws(SetupFailure) {
            for file in joins { try joinGroup(file) }
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
            // Last: from here on only what the filter allows.
            try filterCalls()
            return true
        } catch {
            tell(error)
            return false
        }
    }

    func tellNotExecuted(_ code: CInt) {
        tell(SetupFailure(stage: .execute, call: "execve \(program.argv[0])", errno: code))
    }

    private func tell(_ failure: SetupFailure) {
        var writer = ByteWriter()
        failure.write(to: &writer)
        _ = write(status, writer.bytes, writer.bytes.count)
    }

    /// Installs the filter, and hands over the descriptor on which it asks; see `SeccompAnswers`.
    private func filterCalls() throws(SetupFailure) {
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
}

/// Joins a cgroup; as another user's process on v1 through the file opened by ourselves, see `CgroupJoins`.
func joinGroup(_ file: CInt) throws(SetupFailure) {
    // "0" is the writer itself.
    guard write(file, "0", 1) != 1 else { return }
    guard errno == EACCES else { throw SetupFailure(stage: .joinCgroup, call: "write cgroup", errno: errno) }
    let own = try attempt(.joinCgroup, "open cgroup") { open("/proc/self/fd/\(file)", O_WRONLY | O_CLOEXEC) }
    defer { _ = close(own) }
    _ = try attempt(.joinCgroup, "write cgroup") { write(own, "0", 1) }
}
