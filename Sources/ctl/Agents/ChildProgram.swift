import Glibc
import Linux

/// A program of the caller's, started with pipes for its streams.
final class ChildProgram: Sendable {
    /// How it ended, in the manner of shells: the exit status, or 128 and the signal's number.
    typealias Status = CInt

    let pid: pid_t
    let argv: [String]

    /// Starts `argv`, found by PATH, with the caller's environment and more.
    ///
    /// The descriptors become its standard streams, and stay the caller's to close.
    init(
        _ argv: [String],
        environment: [String: String],
        input: CInt,
        output: CInt,
        error: CInt
    ) throws {
        guard let name = argv.first, !name.isEmpty else { throw OperationError(cause: "no program is named") }
        var actions = posix_spawn_file_actions_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { throw OperationError(cause: "out of memory") }
        defer { posix_spawn_file_actions_destroy(&actions) }
        // dup2 onto the same number would leave it close-on-exec; pipes lie above.
        for (stream, target) in [(input, 0), (output, 1), (error, 2)] as [(CInt, CInt)] where stream != target {
            posix_spawn_file_actions_adddup2(&actions, stream, target)
        }
        var variables = Self.inherited()
        for (name, value) in environment { variables[name] = value }
        let arguments = argv.map { strdup($0) } + [nil]
        let texts = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + texts { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, name, &actions, nil, arguments, texts)
        guard code == 0 else {
            throw OperationError(
                cause: "\(name): \(errorText(code))",
                remedy: "name a program of this host that you may run"
            )
        }
        pid = child
        self.argv = argv
    }

    private static func inherited() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }

    /// Waits for its end; called once.
    func wait() -> Status {
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return Self.status(status)
    }

    /// Its end if that has come.
    func ended() -> Status? {
        var status: CInt = 0
        return waitpid(pid, &status, WNOHANG) == pid ? Self.status(status) : nil
    }

    /// Asks it to end, and after a moment ends it; then waits.
    func stop() -> Status {
        kill(pid, SIGTERM)
        for _ in 0..<200 {
            if let status = ended() { return status }
            usleep(10_000)
        }
        kill(pid, SIGKILL)
        return wait()
    }

    /// See wait(2) for the encoding.
    private static func status(_ status: CInt) -> Status {
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}
