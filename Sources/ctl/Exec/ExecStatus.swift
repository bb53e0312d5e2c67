import CommandLineKit
import Wire

/// The exit status of `exec` and what is said about it.
enum ExecStatus {
    /// Our own failure: no daemon, no sandbox, wrong usage.
    static let ownFailure: CInt = 125
    /// A limit in time or output.
    static let limitReached: CInt = 124

    /// The command's own status, or 124 (a limit), 126 (not executable), 127 (not found), 128 + signal.
    static func of(_ exit: ActionExit) -> CInt {
        exit.shellStatus.map { CInt(truncatingIfNeeded: $0) } ?? ownFailure
    }

    /// A sentence for standard error; nil when the command ended by itself.
    static func sentence(_ exit: ActionExit) -> String? {
        switch exit {
        case .exited, .signaled: nil
        case .cancelled: "cancelled"
        case .running: "still running"
        case .limit, .notStarted: ExitText.detail(exit)
        }
    }
}
