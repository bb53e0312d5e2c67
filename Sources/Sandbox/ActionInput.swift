import CLinux
import Glibc
import Linux
import Reactor
import Synchronization

/// The daemon's end of an action's standard input: written in the order of the calls, never blocking anybody else.
final class ActionInput: Sendable {
    private struct State {
        /// Bytes that calls of `write` hold at this moment.
        var pending = 0
        var isWriting = false
        /// Calls that wait for their turn, first come, first served.
        var queue: [(number: Int, turn: AsyncStream<Void>.Continuation)] = []
        var count = 0
        /// No further calls; the descriptor is closed after the last of those that wait.
        var isClosing = false
    }

    /// The most that may wait for a slow reader.
    static let pendingLimit = 4 << 20

    private let descriptor: SharedDescriptor
    private let isTerminal: Bool
    private let reactor: Reactor
    private let state = Mutex(State())

    /// The descriptor must not block.
    init(_ descriptor: SharedDescriptor, isTerminal: Bool, reactor: Reactor) {
        self.descriptor = descriptor
        self.isTerminal = isTerminal
        self.reactor = reactor
    }

    /// Returns when the kernel has all bytes; calls `queued` as soon as later calls come after this one.
    ///
    /// Cancelled in the middle, some of them may have been written.
    func write(_ bytes: [UInt8], queued: @Sendable () -> Void = {}) async throws(SandboxError) {
        try reserve(bytes.count)
        defer { state.withLock { $0.pending -= bytes.count } }
        guard await takeTurn(queued) else { throw Task.isCancelled ? .cancelled : .inputClosed }
        defer { passTurn() }
        var rest = bytes[...]
        while !rest.isEmpty {
            switch attempt(rest) {
            case .wrote(let count): rest = rest.dropFirst(count)
            case .closed: throw .inputClosed
            case .wait(let edges):
                var isWritable = false
                for await _ in edges {
                    isWritable = true
                    break
                }
                guard isWritable else { throw Task.isCancelled ? .cancelled : .inputClosed }
            }
        }
    }

    /// Ends the input after what has been written; of a terminal, by its end-of-file character.
    func close() {
        let isIdle = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isWriting && !state.isClosing
        }
        if isIdle { finish() }
    }

    /// The action has ended: whoever writes or waits learns that.
    func terminate() {
        let queue = state.withLock { state in
            state.isClosing = true
            return state.queue
        }
        for waiting in queue { waiting.turn.finish() }
        // A terminal is read to its end by somebody else, who then closes it.
        guard !isTerminal else { return }
        descriptor.withRaw { reactor.forget($0) }
        _ = descriptor.take()
    }

    private func reserve(_ count: Int) throws(SandboxError) {
        try state.withLock { state throws(SandboxError) in
            guard !state.isClosing else { throw .inputClosed }
            guard state.pending + count <= Self.pendingLimit else { throw .inputFull(limit: Self.pendingLimit) }
            state.pending += count
        }
    }

    // MARK: Turns

    private func takeTurn(_ queued: @Sendable () -> Void) async -> Bool {
        let (turns, turn) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state -> Int? in
            guard state.isWriting else {
                state.isWriting = true
                return nil
            }
            state.count += 1
            state.queue.append((state.count, turn))
            return state.count
        }
        queued()
        guard let number else { return true }
        for await _ in turns { return true }
        // Cancelled, or the action has ended; the turn may have come at the same moment.
        let wasWaiting = state.withLock { state in
            guard let index = state.queue.firstIndex(where: { $0.number == number }) else { return false }
            state.queue.remove(at: index)
            return true
        }
        if !wasWaiting { passTurn() }
        return false
    }

    private func passTurn() {
        let (next, isDone) = state.withLock { state -> (AsyncStream<Void>.Continuation?, Bool) in
            guard state.queue.isEmpty else { return (state.queue.removeFirst().turn, false) }
            state.isWriting = false
            return (nil, state.isClosing)
        }
        next?.yield()
        if isDone { finish() }
    }

    // MARK: The descriptor

    private enum Attempt {
        case wrote(Int), wait(AsyncStream<Void>), closed
    }

    private func attempt(_ bytes: ArraySlice<UInt8>) -> Attempt {
        let attempt = descriptor.withRaw { descriptor -> Attempt in
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { return .wrote(count) }
            switch errno {
            case EINTR: return .wrote(0)
            case EAGAIN: return .wait(reactor.readiness(of: descriptor, for: .write))
            default: return .closed
            }
        }
        return attempt ?? .closed
    }

    private func finish() {
        if isTerminal {
            // VEOF as terminals start with it; see termios(3).
            _ = attempt([4])
        } else {
            descriptor.withRaw { reactor.forget($0) }
            _ = descriptor.take()
        }
    }
}
