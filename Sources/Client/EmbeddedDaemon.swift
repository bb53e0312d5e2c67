import Glibc
import Linux

/// Starts a daemon of the caller's own, which ends by itself when nobody needs it any more.
struct EmbeddedDaemon {
    let state: StateDirectory
    let executable: String
    /// What the daemon's environment is made of; the rest, secrets perhaps, stays with the client.
    static let inheritedVariables = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME",
        "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "SWIFT_BACKTRACE",
    ]
    /// The number at which the daemon finds the pipe that it reports on.
    private static let readyDescriptor: CInt = 3
    /// POSIX_SPAWN_SETSID of spawn.h (glibc 2.26): no signal from the caller's terminal reaches the daemon.
    private static let newSession: Int16 = 0x80

    /// The path of the socket, once the daemon serves it.
    ///
    /// A daemon that already serves this state directory is as good as a new one.
    func start(within milliseconds: CInt = 30_000) throws(ClientError) -> String {
        try makeStateDirectory()
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failure("pipe: \(errorText(errno))") }
        defer { close(ends[0]) }
        let spawned: Result<pid_t, ClientError> = spawn(reportingTo: ends[1])
        close(ends[1])
        let child = try spawned.get()
        guard let line = readLine(ends[0], within: milliseconds) else {
            kill(child, SIGTERM)
            throw failure("it said nothing for \(milliseconds / 1000) s")
        }
        if line.hasPrefix("ready ") { return String(line.dropFirst("ready ".count)) }
        if line.hasPrefix("error ") { throw failure(String(line.dropFirst("error ".count))) }
        throw failure("it ended without a word\(lastLogLine())")
    }

    private func failure(_ cause: String) -> ClientError {
        .startFailed(cause: cause, remedy: "run '\(executable) --embedded --state \(state.path)' to see why")
    }

    /// Creates the directory and its parents, for the caller only.
    private func makeStateDirectory() throws(ClientError) {
        var path = ""
        for part in state.path.split(separator: "/") {
            path += "/" + part
            if mkdir(path, 0o700) != 0, errno != EEXIST {
                throw .startFailed(
                    cause: "cannot create \(path): \(errorText(errno))",
                    remedy: "set EXECUTORD_STATE to a directory that you may write"
                )
            }
        }
    }

    private func spawn(reportingTo pipe: CInt) -> Result<pid_t, ClientError> {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        guard posix_spawn_file_actions_init(&actions) == 0, posix_spawnattr_init(&attributes) == 0 else {
            return .failure(failure("out of memory"))
        }
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, state.logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipe, Self.readyDescriptor)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | Self.newSession
        posix_spawnattr_setflags(&attributes, flags)
        Self.closeInheritedOnExec()
        let words =
            [executable, "--embedded", "--state", state.path, "--ready-fd", "\(Self.readyDescriptor)"]
            + (getenv("EXECUTORD_CONFIG").map { ["--config", String(cString: $0)] } ?? [])
        let environment = Self.inheritedVariables.compactMap { name in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, &actions, &attributes, arguments, variables)
        guard code == 0 else { return .failure(failure("\(executable): \(errorText(code))")) }
        return .success(child)
    }

    /// Pipes that this process was given by its caller must not live on in the daemon: readers would wait for ever.
    ///
    /// The one descriptor that stays is freed of the mark by its dup2 action, even onto itself (glibc 2.29).
    private static func closeInheritedOnExec() {
        for descriptor in 3..<CInt(256) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }

    /// The first line, as much of it as came before the end of the stream; nil when the time is up.
    private func readLine(_ descriptor: CInt, within milliseconds: CInt) -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        let start = ContinuousClock.now
        while line.count < 8192 {
            let left = Duration.milliseconds(milliseconds) - (ContinuousClock.now - start)
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&wait, 1, CInt(max(0, left / .milliseconds(1))))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            guard read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") else { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// What the daemon said last before it died.
    private func lastLogLine() -> String {
        let file = open(state.logPath, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let size = lseek(file, 0, SEEK_END)
        lseek(file, max(0, size - bytes.count), SEEK_SET)
        let count = max(0, read(file, &bytes, bytes.count))
        let lines = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n")
        return lines.last.map { ": \($0)" } ?? ""
    }
}
