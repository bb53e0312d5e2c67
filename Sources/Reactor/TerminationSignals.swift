import CLinux
import Glibc
package import Linux

/// A request of the operator to the whole process.
package enum TerminationSignal: Sendable, Hashable {
    case terminate, interrupt, hangUp
}

/// SIGTERM, SIGINT and SIGHUP, read from a descriptor instead of handled; see signalfd(2).
package final class TerminationSignals: Sendable {
    private let descriptor: OwnedDescriptor

    private init(adopting descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Blocks the three and ignores SIGPIPE.
    ///
    /// Call it first thing in `main`: threads inherit the mask, and one that does not block a signal would die of it.
    package static func block() throws(SystemError) -> TerminationSignals {
        let raw = try syscall("signalfd") { clinux_termination_signal_descriptor() }
        return TerminationSignals(adopting: OwnedDescriptor(adopting: raw))
    }

    /// The next signal; nil when the task is cancelled.
    package func next(on reactor: Reactor) async -> TerminationSignal? {
        while true {
            switch clinux_next_signal(descriptor.raw) {
            case SIGTERM: return .terminate
            case SIGINT: return .interrupt
            case SIGHUP: return .hangUp
            default: guard await reactor.waitUntilReady(descriptor.raw) else { return nil }
            }
        }
    }
}
