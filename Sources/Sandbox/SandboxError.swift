import Glibc
import Linux
package import SandboxPlan

/// Why a sandbox or something in it could not be had; named for what the caller can do.
package enum SandboxError: Error, Sendable, CustomStringConvertible {
    /// A step of set-up failed; `operation` is the step of the plan it was at, in words.
    case setupFailed(SetupFailure, operation: String?)
    /// The program never ran.
    case notStarted(SetupFailure)
    /// The sandbox ended (killed, or its pid 1 died) while something was asked of it.
    case sandboxEnded
    /// The launcher process is gone: the daemon cannot start sandboxes any more.
    case launcherGone(String)
    /// This host cannot enforce these limits.
    case limitsUnenforceable([String])
    /// No free range of ids: too many sandboxes at once.
    case identitiesExhausted(Int)
    /// A system call of the daemon's own side failed.
    case system(call: String, errno: Int32)
    /// The action has ended, or its input has been closed or was never a pipe.
    case inputClosed
    /// The action reads its input too slowly: more than `limit` bytes would wait.
    case inputFull(limit: Int)
    /// The sandbox did not get its way to the Internet.
    case publicNetworkFailed(String)
    /// A layer was not read or archived whole, and why.
    case layerNotRead(String)
    /// The waiting task was cancelled.
    case cancelled
    /// A file could not be touched as asked; the path is the one at which that showed.
    case file(path: SandboxPath, errno: Int32)
    /// Only regular files are read and written.
    case notRegular(path: SandboxPath, kind: FileKind)
    /// More than the request allows; the text names the limit.
    case tooLarge(path: SandboxPath, String)
    /// Something that is not done, and why.
    case refused(path: SandboxPath, String)
    /// A file request took longer than it may, and its process was killed.
    case deadlineExceeded(Duration)
    /// The process that served a file request was killed from inside, or for memory.
    case workerKilled
    /// What came out of the sandbox is not what pid 1 would send.
    case protocolBroken(String)

    package var description: String {
        switch self {
        case .setupFailed(let failure, let operation):
            let place = operation.map { " (\($0))" } ?? ""
            return "sandbox set-up failed while \(failure.stage.text)\(place): "
                + "\(failure.call): \(errorText(failure.errno))"
        case .notStarted(let failure) where failure.stage == .user && failure.errno == EINVAL:
            return "the program was not started: \(failure.call): only root exists in this sandbox; "
                + "run it as root, or give executord subordinate ids (see 'executorctl doctor')"
        case .notStarted(let failure) where failure.errno == ENOENT && failure.call.hasPrefix("execve /"):
            return
                "the program was not started: \(failure.call): there is no such file, or not the interpreter that its "
                + "first line names"
        case .notStarted(let failure):
            return "the program was not started: \(failure.stage.text): \(failure.call): \(errorText(failure.errno))"
        case .sandboxEnded: return "the sandbox has ended"
        case .launcherGone(let why): return "the sandbox launcher is gone (\(why)); restart the daemon"
        case .limitsUnenforceable(let names):
            return "this host cannot enforce: \(names.joined(separator: ", ")); see 'executorctl doctor', "
                + "or accept it with --allow-unenforced"
        case .identitiesExhausted(let count):
            return
                "all \(count) ranges of user ids are in use; run fewer sandboxes at once or give more subordinate ids"
        case .system(let call, let code): return "\(call): \(errorText(code))"
        case .inputClosed: return "the action does not take input (any more): it has ended or its input is closed"
        case .inputFull(let limit):
            return "the action leaves its input unread; wait before writing more than \(limit) bytes ahead"
        case .file(let path, let code): return "\(path): \(errorText(code))"
        case .notRegular(let path, let kind): return "\(path) is a \(kind.text), not a regular file"
        case .tooLarge(let path, let what): return path.bytes.isEmpty ? what : "\(path): \(what)"
        case .refused(let path, let why): return path.bytes.isEmpty ? why : "\(path): \(why)"
        case .deadlineExceeded(let limit):
            return "it was not done within \(limit) and was stopped; ask for less at once"
        case .workerKilled:
            return "the process that did this in the sandbox was killed: by a program inside, or at the memory limit"
        case .publicNetworkFailed(let why): return "no public network: \(why); see 'executorctl doctor'"
        case .layerNotRead(let why): return "the layer was not read: \(why)"
        case .cancelled: return "the wait was cancelled"
        case .protocolBroken(let what): return "unexpected message from the sandbox: \(what)"
        }
    }
}
