import CLinux
import Glibc
import Linux
import SandboxPlan

/// Gives the calling process, the leader of a new session, a terminal of the sandbox's own devpts.
struct TerminalSetup {
    let size: TerminalSize
    /// Where the daemon gets the controlling side.
    let control: CInt
    let action: UInt32

    /// Runs as the action's user, whom the terminal then belongs to.
    func connect() throws(SetupFailure) {
        // /dev/ptmx is a link that root inside may have bent; the file system mounted at /dev/pts cannot be moved away.
        let master = try attempt(.terminal, "open /dev/pts/ptmx") {
            clinux_openat2(
                AT_FDCWD,
                "/dev/pts/ptmx",
                UInt64(O_RDWR | O_NOCTTY | O_NONBLOCK),
                0,
                CLINUX_RESOLVE_NO_SYMLINKS | CLINUX_RESOLVE_NO_MAGICLINKS
            )
        }
        defer { _ = close(master) }
        guard clinux_is_terminal_multiplexer(master) == 1 else {
            throw SetupFailure(stage: .terminal, call: "open /dev/pts/ptmx", errno: ENOTTY)
        }
        let terminal = try attempt(.terminal, "ioctl TIOCGPTPEER") { clinux_terminal_open_peer(master) }
        defer { _ = close(terminal) }
        _ = try attempt(.terminal, "ioctl TIOCSWINSZ") { clinux_terminal_set_size(terminal, size.rows, size.columns) }
        _ = try attempt(.terminal, "ioctl TIOCSCTTY") { clinux_terminal_take(terminal) }
        for stream in 0..<3 as Range<CInt> { _ = try attempt(.terminal, "dup2") { dup2(terminal, stream) } }
        guard sendMessage(control, ControlEvent.terminal(id: action).encoded(), [master]) else {
            throw SetupFailure(stage: .terminal, call: "sendmsg", errno: errno)
        }
    }
}
