import CLinux
import Glibc
package import Linux
import Synchronization

/// How a process ended.
package enum ExitOutcome: Sendable, Hashable {
    case exited(code: UInt8)
    case signaled(signal: CInt, coreDumped: Bool)
}

/// A child of this process, named by a pidfd, so that its number cannot become another process's.
///
/// Wait for each child once: one that nobody waits for stays a zombie as long as the daemon lives.
package final class ChildProcess: Sendable {
    package let pid: Int32
    private let descriptor: OwnedDescriptor
    private let outcome = Mutex<ExitOutcome?>(nil)

    /// Takes over the pidfd of a child that has not been waited for; see pidfd_open(2).
    package init(pid: Int32, adopting descriptor: consuming OwnedDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// Waits for the end and reaps; any number of tasks may wait, and later calls return the same.
    ///
    /// - Throws: ECANCELED when the waiting task is cancelled; the process goes on.
    package func exit(on reactor: Reactor) async throws(SystemError) -> ExitOutcome {
        while true {
            if let outcome = try reap() { return outcome }
            guard await reactor.waitUntilReady(descriptor.raw) else {
                throw SystemError(call: "wait for process \(pid)", code: ECANCELED)
            }
        }
    }

    /// The outcome when the process has ended already; see waitid(2), P_PIDFD.
    package func reap() throws(SystemError) -> ExitOutcome? {
        try outcome.withLock { outcome throws(SystemError) in
            if let outcome { return outcome }
            var code: CInt = 0
            var signaled: CInt = 0
            guard try syscall("waitid", { clinux_wait_pidfd(descriptor.raw, &code, &signaled) }) == 1 else {
                return nil
            }
            outcome =
                signaled == 0
                ? .exited(code: UInt8(truncatingIfNeeded: code)) : .signaled(signal: code, coreDumped: signaled == 2)
            return outcome
        }
    }

    /// Sends a signal, see pidfd_send_signal(2); ESRCH when the process has been reaped.
    package func send(signal: CInt) throws(SystemError) {
        try syscall("pidfd_send_signal") { clinux_pidfd_send_signal(descriptor.raw, signal) }
    }
}
