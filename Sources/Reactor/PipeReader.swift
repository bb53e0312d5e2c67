import CLinux
import Glibc
package import Linux

/// The reading end of a pipe (or a terminal's controlling side), read without blocking anybody.
package final class PipeReader: Sendable {
    private let descriptor: OwnedDescriptor
    private let reactor: Reactor

    /// Takes over the descriptor, which becomes non-blocking.
    package init(adopting descriptor: consuming OwnedDescriptor, reactor: Reactor) throws(SystemError) {
        let raw = descriptor.raw
        try syscall("fcntl(O_NONBLOCK)") { clinux_set_nonblocking(raw) }
        self.descriptor = descriptor
        self.reactor = reactor
    }

    /// Hands every chunk to `sink` until all writers are gone; false when the task is cancelled first.
    ///
    /// One task at a time. The chunk's memory is lent for the call only.
    package func readToEnd(_ sink: (UnsafeRawBufferPointer) -> Void) async throws(SystemError) -> Bool {
        let edges = reactor.readiness(of: descriptor.raw)
        var iterator = edges.makeAsyncIterator()
        while await iterator.next() != nil {
            var turns = 0
            while let count = try read(into: sink) {
                if count == 0 { return true }
                turns += 1
                // A writer that never pauses must not keep the thread from other tasks.
                if turns % 16 == 0 { await Task.yield() }
                if Task.isCancelled { return false }
            }
        }
        return false
    }

    /// Reads once; 0 at the end, nil when there is nothing at the moment.
    private func read(into sink: (UnsafeRawBufferPointer) -> Void) throws(SystemError) -> Int? {
        let (count, code) = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
            let count = Glibc.read(descriptor.raw, buffer.baseAddress, buffer.count)
            let code = errno
            if count > 0 { sink(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
            return (count, code)
        }
        if count >= 0 { return count }
        switch code {
        case EINTR: return try read(into: sink)
        case EAGAIN: return nil
        // A terminal whose programs are all gone; see tty_ioctl(4), pty(7).
        case EIO: return 0
        default: throw SystemError(call: "read", code: code)
        }
    }
}
