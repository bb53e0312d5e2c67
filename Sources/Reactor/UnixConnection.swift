import CLinux
import Glibc
package import Linux
import Synchronization

/// One end of a connected Unix stream socket: bytes, and the descriptors that travel with them.
///
/// One task receives; any number may send. Closed by `close`, by a failure, or with its last reference.
package final class UnixConnection: Sendable {
    /// What one receive found.
    package struct Chunk: Sendable {
        package let bytes: [UInt8]
        /// In the order of sending; each came with the first byte of its message, which is in this chunk.
        package let descriptors: [SharedDescriptor]
    }

    private struct State: ~Copyable {
        /// Nil once closed.
        ///
        /// Used only under the lock, so that its number cannot become another file's meanwhile.
        var socket: OwnedDescriptor?
        var readable: AsyncStream<Void>?
        var queue = SendQueue()
        /// Whether a task is at work on the queue.
        var isDraining = false
    }

    /// The most bytes that one receive takes.
    private static let chunkBytes = 64 << 10

    /// Who connected, as recorded by the kernel at that time.
    package let peer: PeerCredentials
    private let reactor: Reactor
    private let backlogLimit: Int
    private let state: Mutex<State>

    /// Takes over a connected socket, which becomes non-blocking.
    ///
    /// More than `backlogLimit` bytes that wait for a slow peer close the connection.
    package init(
        adopting socket: consuming OwnedDescriptor,
        reactor: Reactor,
        backlogLimit: Int = 8 << 20
    ) throws(SystemError) {
        let raw = socket.raw
        try syscall("fcntl(O_NONBLOCK)") { clinux_set_nonblocking(raw) }
        peer = try PeerCredentials(of: raw)
        self.reactor = reactor
        self.backlogLimit = backlogLimit
        state = Mutex(State(socket: socket))
    }

    deinit { close() }

    /// The next bytes with their descriptors; nil at the end, whichever side made it.
    ///
    /// A cancelled receive loses nothing: the next one goes on where it was.
    package func receive() async throws(ConnectionError) -> Chunk? {
        while true {
            let attempt: Attempt
            do { attempt = try state.withLock { state throws(SystemError) in try Self.attempt(&state, reactor) } } catch
            {
                close()
                throw .system(error)
            }
            switch attempt {
            case .chunk(let chunk): return chunk
            case .ended: return nil
            case .wait(let readable):
                var edges = readable.makeAsyncIterator()
                if await edges.next() != nil { continue }
                // The stream has ended, by cancellation or by closing; a later receive registers anew.
                state.withLock { $0.readable = nil }
                if Task.isCancelled { throw .cancelled }
            }
        }
    }

    private enum Attempt {
        case chunk(Chunk), wait(AsyncStream<Void>), ended
    }

    private static func attempt(_ state: inout State, _ reactor: Reactor) throws(SystemError) -> Attempt {
        guard let socket = state.socket?.raw else { return .ended }
        do {
            guard let chunk = try receiveChunk(socket) else { return .ended }
            return .chunk(chunk)
        } catch  where error.code == EAGAIN {
            let readable = state.readable ?? reactor.readiness(of: socket)
            state.readable = readable
            return .wait(readable)
        } catch  where error.code == ECONNRESET {
            // The peer left without reading all that was sent to it; what it sent has been received.
            return .ended
        }
    }

    private static func receiveChunk(_ socket: CInt) throws(SystemError) -> Chunk? {
        try withUnsafeTemporaryAllocation(byteCount: chunkBytes, alignment: 16) { buffer throws(SystemError) in
            var descriptors = [CInt](repeating: -1, count: Int(CLINUX_MESSAGE_DESCRIPTORS))
            var count = 0
            let length = try syscall("recvmsg") {
                clinux_receive_message(socket, buffer.baseAddress, buffer.count, &descriptors, &count)
            }
            let received = descriptors[..<count].map { SharedDescriptor(adopting: OwnedDescriptor(adopting: $0)) }
            guard length > 0 else { return nil }
            return Chunk(bytes: Array(buffer[..<length]), descriptors: received)
        }
    }

    /// Sends all bytes after those of earlier calls, with at most 32 descriptors, which stay the caller's.
    ///
    /// Returns when the kernel has all of them. A cancelled send stops waiting, the message is still sent whole.
    package func send(_ bytes: [UInt8], descriptors: [CInt] = []) async throws(ConnectionError) {
        precondition(descriptors.isEmpty || !bytes.isEmpty, "descriptors travel with a byte")
        guard !bytes.isEmpty else { return }
        guard let fate = try submit(bytes, descriptors) else { return }
        for await outcome in fate { return try outcome.get() }
        throw .cancelled
    }

    private enum Submission {
        case sent, failed(ConnectionError), queued(AsyncStream<SendQueue.Outcome>, startsDraining: Bool)
    }

    /// Sends at once what the socket takes; the stream tells the fate of the rest, nil that there is none.
    private func submit(
        _ bytes: [UInt8],
        _ descriptors: [CInt]
    ) throws(ConnectionError) -> AsyncStream<SendQueue.Outcome>? {
        switch state.withLock({ submit(bytes, descriptors, &$0) }) {
        case .sent: return nil
        case .failed(let error):
            fail(error)
            throw error
        case .queued(let fate, let startsDraining):
            if startsDraining { Task(name: "drain connection") { await drain() } }
            return fate
        }
    }

    private func submit(_ bytes: [UInt8], _ descriptors: [CInt], _ state: inout State) -> Submission {
        guard let socket = state.socket?.raw else { return .failed(.closed) }
        var written = 0
        while state.queue.isEmpty, written < bytes.count {
            let passed = written == 0 ? descriptors : []
            switch sendSome(socket, bytes, from: written, descriptors: passed) {
            case .success(let count) where count > 0: written += count
            case .success: return enqueue(bytes, written, descriptors, &state)
            case .failure(let error): return .failed(Self.meaning(of: error))
            }
        }
        return written == bytes.count ? .sent : enqueue(bytes, written, descriptors, &state)
    }

    private func enqueue(
        _ bytes: [UInt8],
        _ written: Int,
        _ descriptors: [CInt],
        _ state: inout State
    ) -> Submission {
        guard state.queue.unsent + bytes.count - written <= backlogLimit else {
            return .failed(.backlogFull(limit: backlogLimit))
        }
        do {
            let fate = try state.queue.append(bytes, written: written, descriptors: descriptors)
            let startsDraining = !state.isDraining
            state.isDraining = true
            return .queued(fate, startsDraining: startsDraining)
        } catch {
            return .failed(.system(error))
        }
    }

    /// Writes the queue as the peer makes room; ends when it is empty or the connection closed.
    private func drain() async {
        while let writable = writableEdges() {
            for await _ in writable {
                guard writeQueue() else { return }
            }
        }
    }

    private func writableEdges() -> AsyncStream<Void>? {
        state.withLock { state in
            guard let socket = state.socket?.raw else { return nil }
            return reactor.readiness(of: socket, for: .write)
        }
    }

    /// False when there is nothing left to do.
    private func writeQueue() -> Bool {
        let progress = state.withLock { state -> SendQueue.Progress in
            guard let socket = state.socket?.raw else { return SendQueue.Progress(isFinished: true) }
            let progress = state.queue.write(to: socket)
            state.isDraining = !progress.isFinished
            return progress
        }
        for message in progress.written { Self.tell(message, .success(())) }
        if let failure = progress.failure { fail(Self.meaning(of: failure)) }
        return !progress.isFinished
    }

    /// Ends every wait; everything unsent fails with `closed`.
    package func close() {
        end(.closed)
    }

    /// A peer that is gone may have left bytes to read; any other failure closes the connection.
    private func fail(_ error: ConnectionError) {
        guard error == .closed else { return end(error) }
        for message in state.withLock({ $0.queue.removeAll() }) { Self.tell(message, .failure(error)) }
    }

    private func end(_ error: ConnectionError) {
        let socket = state.withLock { state in
            state.readable = nil
            return state.socket.take()
        }
        if let socket { reactor.forget(socket.raw) }
        for message in state.withLock({ $0.queue.removeAll() }) { Self.tell(message, .failure(error)) }
    }

    private static func tell(_ message: AsyncStream<SendQueue.Outcome>.Continuation, _ outcome: SendQueue.Outcome) {
        message.yield(outcome)
        message.finish()
    }

    private static func meaning(of error: SystemError) -> ConnectionError {
        error.code == EPIPE || error.code == ECONNRESET ? .closed : .system(error)
    }
}
