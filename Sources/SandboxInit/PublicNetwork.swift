import CLinux
import Glibc
import SandboxPlan

extension Launcher {
    /// Starts pasta(1), which carries a sandbox's packets to sockets of the host.
    ///
    /// It runs as the sandbox's root, in its user namespace: of the host it has the network, and no capability. It joins
    /// the network namespace by a descriptor, for nobody in a sandbox may look up that of pid 1. It ends with this process.
    func openNetwork(_ namespaces: [CInt], _ arguments: [String]) throws(SetupFailure) -> LaunchedProcess {
        guard namespaces.count == 2, let program = arguments.first else {
            throw SetupFailure(stage: .publicNetwork, call: "namespaces", errno: EPROTO)
        }
        var pidfd: CInt = -1
        let child = clinux_fork_into(0, &pidfd)
        if child == 0 { Self.become(program, arguments, network: namespaces[0], user: namespaces[1]) }
        guard child > 0 else { throw SetupFailure(stage: .publicNetwork, call: "clone", errno: errno) }
        return LaunchedProcess(pid: child, pidfd: pidfd)
    }

    /// Where pasta finds the network namespace.
    private static let place: CInt = 9

    private static func become(_ program: String, _ arguments: [String], network: CInt, user: CInt) -> Never {
        let parent = getppid()
        let kept = fcntl(network, F_DUPFD, 64)
        guard kept >= 0, clinux_setns(user, CLINUX_CLONE_NEWUSER) == 0, clinux_set_ids(0, 0) == 0,
            clinux_set_parent_death_signal(SIGKILL) == 0, getppid() == parent
        else { _exit(1) }
        // Refused where only one id is mapped.
        _ = clinux_setgroups_none()
        let null = open("/dev/null", O_RDWR)
        for stream in 0..<3 as Range<CInt> { _ = dup2(null, stream) }
        guard dup2(kept, place) == place, clinux_close_from(place + 1) == 0, clinux_reset_signals() == 0 else {
            _exit(1)
        }
        for descriptor in 3..<place { _ = close(descriptor) }
        let argv = CStrings(arguments + ["--netns-only", "--netns", "/proc/self/fd/\(place)"])
        let environment = CStrings([])
        _ = execve(program, argv.pointer, environment.pointer)
        _exit(127)
    }
}
