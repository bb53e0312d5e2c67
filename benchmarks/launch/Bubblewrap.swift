import Glibc

/// The peer: bubblewrap as people run it for untrusted code, with every namespace and no limits.
struct Bubblewrap: Sendable {
    /// A descriptor from which a compiled filter can be read, for `--seccomp`.
    var filter: CInt?

    private static let isolation = [
        "/usr/bin/bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink",
        "usr/lib",
        "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
        "--die-with-parent", "--new-session", "--cap-drop", "ALL",
    ]

    func program(_ command: [String], information: CInt? = nil) -> HostProgram {
        var arguments = Self.isolation
        var inherited: [CInt] = []
        if let filter {
            _ = lseek(filter, 0, SEEK_SET)
            arguments += ["--seccomp", "\(filter)"]
            inherited.append(filter)
        }
        if let information {
            arguments += ["--info-fd", "\(information)"]
            inherited.append(information)
        }
        return HostProgram(arguments: arguments + ["--"] + command, inherited: inherited)
    }
}

/// A sandbox of bubblewrap's in which something sleeps, for entering it.
struct LiveBubblewrap {
    private let outer: pid_t
    /// The sandbox's first process as the host sees it.
    let inner: pid_t

    init() throws(HostProgram.Failure) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw HostProgram.Failure(description: "pipe: errno \(errno)") }
        defer { close(ends[0]) }
        let started: pid_t
        do throws(HostProgram.Failure) {
            started = try Bubblewrap().program(["/usr/bin/sleep", "600"], information: ends[1]).start()
        } catch {
            close(ends[1])
            throw error
        }
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 4096)
        let text = String(decoding: bytes[..<max(0, read(ends[0], &bytes, bytes.count))], as: UTF8.self)
        // {"child-pid": 123, ...}
        let digits = text.drop { !$0.isNumber }.prefix(while: \.isNumber)
        guard let pid = pid_t(digits) else {
            kill(started, SIGKILL)
            throw HostProgram.Failure(description: "bwrap --info-fd said \"\(text)\"")
        }
        outer = started
        inner = pid
        // Until its root stands there is nothing to run.
        for _ in 0..<2000 where access("/proc/\(pid)/root/usr/bin/true", X_OK) != 0 { usleep(1000) }
    }

    func end() {
        kill(outer, SIGKILL)
        waitpid(outer, nil, 0)
    }
}
