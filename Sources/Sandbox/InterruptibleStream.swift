import CLinux
import Glibc
import Linux
import Synchronization

/// Tells a thread that waits for descriptors to give up.
package final class Interruption: Sendable {
    private let event: OwnedDescriptor

    package init() throws(SandboxError) {
        let raw = clinux_eventfd()
        guard raw >= 0 else { throw .system(call: "eventfd", errno: errno) }
        event = OwnedDescriptor(adopting: raw)
    }

    /// Ends this wait and all later ones.
    package func stop() {
        var one: UInt64 = 1
        _ = write(event.raw, &one, 8)
    }

    /// Blocks until a descriptor is ready; throws when stopped, or when nobody reads from `sink` any more.
    fileprivate func wait(for descriptor: CInt, _ events: CInt, sink: CInt) throws(SandboxError) {
        var polled = [
            pollfd(fd: descriptor, events: Int16(events), revents: 0),
            pollfd(fd: event.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: sink, events: 0, revents: 0),
        ]
        while poll(&polled, 3, -1) < 0 {
            guard errno == EINTR else { throw .system(call: "poll", errno: errno) }
        }
        if polled[1].revents != 0 { throw .cancelled }
        // An error on a pipe or socket that is written to: the other end is closed; see poll(2).
        if Int32(polled[2].revents) & POLLERR != 0 { throw .inputClosed }
    }
}

/// A stream from one descriptor to another on a thread that may block, and that can be interrupted at any time.
///
/// The descriptors are lent; whether they block does not matter.
package struct InterruptibleStream: Sendable, TarInput {
    let source: CInt
    let sink: CInt
    let interruption: Interruption

    /// To read from only.
    package init(source: CInt, interruption: Interruption) {
        self.init(source: source, sink: -1, interruption: interruption)
    }

    init(source: CInt, sink: CInt, interruption: Interruption) {
        self.source = source
        self.sink = sink
        self.interruption = interruption
    }

    /// Reading from it waits for nobody; see poll(2) on negative descriptors.
    var withoutSink: InterruptibleStream {
        InterruptibleStream(source: source, sink: -1, interruption: interruption)
    }

    /// What is there, waiting for something; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SandboxError) -> Int {
        while true {
            try interruption.wait(for: source, POLLIN, sink: sink)
            let count = Glibc.read(source, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR || errno == EAGAIN else { throw .system(call: "read a tree's stream", errno: errno) }
        }
    }

    /// All of it; `inputClosed` when nobody reads it.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SandboxError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try interruption.wait(for: sink, POLLOUT, sink: sink)
            // A pipe with room takes this much without blocking; see pipe(7), PIPE_BUF.
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(4096))
            let count = Glibc.write(sink, piece.baseAddress, piece.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR, EAGAIN: continue
            case EPIPE, ECONNRESET: throw .inputClosed
            default: throw .system(call: "write a tree's stream", errno: errno)
            }
        }
    }
}
