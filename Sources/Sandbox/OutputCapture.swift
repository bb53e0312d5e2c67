import CLinux
import Glibc
import Linux
import Reactor
import Synchronization

/// What one stream of an action has printed so far: filled until the stream's end, readable all the time.
///
/// A process left in the background may hold the pipe after the action has ended: nobody waits for it, but what it
/// writes is still read and counted, so that it neither blocks nor dies of SIGPIPE. Readers take nothing away and hold
/// nothing up.
package final class OutputCapture: Sendable {
    private struct State {
        var output: BoundedOutput
        var source: SharedDescriptor?
        var hasEnded = false
        var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
        var watcherCount = 0
    }

    private enum Progress {
        case more, waiting, ended
    }

    private let state: Mutex<State>
    /// What one turn of reading takes, so that a writer that never pauses does not keep the thread.
    private static let turnBytes = 1 << 20
    /// The same of the reactor's, which others wait for: what a pipe holds.
    private static let smallTurnBytes = 64 << 10
    /// The most that is read in one go after the action's end, when somebody keeps writing.
    private static let finalReadBytes = 8 << 20

    init(head: Int, tail: Int) {
        state = Mutex(State(output: BoundedOutput(headLimit: head, tailLimit: tail)))
    }

    // MARK: Reading what has come

    /// At most `limit` bytes of the output from `offset` on, in bytes of the whole stream.
    ///
    /// Of an output larger than what is kept, the middle is gone: a read from there begins at the tail, and the `offset`
    /// of the answer says where. `next` is where to go on; nil when the stream has ended and this was the rest of it.
    /// `total` is what was printed so far.
    package func slice(
        from offset: Int,
        limit: Int
    ) -> (offset: Int, bytes: [UInt8], next: Int?, total: Int) {
        state.withLock { state in
            let (start, bytes) = state.output.bytes(from: offset, limit: limit)
            let next = start + bytes.count
            let isComplete = state.hasEnded && next == state.output.total
            return (start, bytes, isComplete ? nil : next, state.output.total)
        }
    }

    /// One wake-up at once, then one or more after each change, however many changes there were; ends with the stream or
    /// the action, whichever is first.
    package func changes() -> AsyncStream<Void> {
        let (stream, watcher) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        watcher.yield()
        let number = state.withLock { state -> Int? in
            guard !state.hasEnded else { return nil }
            state.watcherCount += 1
            state.watchers[state.watcherCount] = watcher
            return state.watcherCount
        }
        guard let number else {
            watcher.finish()
            return stream
        }
        watcher.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.watchers.removeValue(forKey: number) }
        }
        return stream
    }

    /// Waits until there is something from `offset` on; false when the stream or the action has ended without.
    package func hasMore(than offset: Int) async -> Bool {
        for await _ in changes() where state.withLock({ $0.output.total }) > offset { return true }
        return false
    }

    /// All that is kept of what has come, after reading what is there now.
    func snapshot() -> BoundedOutput {
        _ = read(limit: Self.finalReadBytes)
        return state.withLock { $0.output }
    }

    // MARK: Filling

    /// Takes over where the output comes from, which must not block; from now on a snapshot finds what is there.
    func attach(_ source: SharedDescriptor) {
        state.withLock { $0.source = source }
    }

    /// Reads what comes until the end of the stream; `handOver` is told, once, when that is too much for the reactor's
    /// thread, and must see to `run`.
    func serve(on reactor: Reactor, handOver: @escaping @Sendable () -> Void) {
        guard let source = state.withLock({ $0.source }) else { return end() }
        let isWatched = source.withRaw { raw in
            reactor.call(whenReady: raw) { [self] in
                switch read(limit: Self.smallTurnBytes) {
                case .waiting: break
                case .ended: stop(on: reactor)
                case .more:
                    source.withRaw { reactor.forget($0) }
                    handOver()
                }
            }
        }
        if isWatched != true { handOver() }
    }

    /// Reads until the end of the stream; cancel it when the sandbox has ended.
    func run(on reactor: Reactor) async {
        guard let source = state.withLock({ $0.source }) else { return end() }
        if let edges = source.withRaw({ reactor.readiness(of: $0) }) { await readAll(edges) }
        stop(on: reactor)
    }

    /// Whether nothing is read any more.
    var isOver: Bool { state.withLock { $0.source == nil } }

    /// Reads no more.
    func stop(on reactor: Reactor) {
        let source = state.withLock { $0.source }
        source?.withRaw { reactor.forget($0) }
        _ = source?.take()
        end()
    }

    /// The action is over, and with it what its readers wait for; what it has left running is still read, for nobody.
    func close() {
        release { $0.hasEnded = true }
    }

    /// Nothing will come any more, or the action never ran.
    func end() {
        release { state in
            state.hasEnded = true
            state.source = nil
        }
    }

    private func release(_ change: (inout State) -> Void) {
        let watchers = state.withLock { state in
            change(&state)
            defer { state.watchers = [:] }
            return state.watchers
        }
        for watcher in watchers.values {
            watcher.yield()
            watcher.finish()
        }
    }

    private func readAll(_ edges: AsyncStream<Void>) async {
        for await _ in edges {
            var progress = Progress.more
            while progress == .more, !Task.isCancelled {
                progress = read(limit: Self.turnBytes)
                if progress == .more { await Task.yield() }
            }
            if progress == .ended { return }
        }
    }

    /// Reads what is there, up to about `limit`.
    private func read(limit: Int) -> Progress {
        let (progress, watchers) = state.withLock { state in
            let before = state.output.total
            let progress = state.source?.withRaw { Self.read($0, limit, into: &state.output) } ?? .ended
            return (progress, state.output.total == before ? [:] : state.watchers)
        }
        for watcher in watchers.values { watcher.yield() }
        return progress
    }

    private static func read(_ descriptor: CInt, _ limit: Int, into output: inout BoundedOutput) -> Progress {
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { chunk in
            var taken = 0
            while taken < limit {
                let count = Glibc.read(descriptor, chunk.baseAddress, chunk.count)
                if count < 0 && errno == EINTR { continue }
                // EIO: a terminal whose programs are all gone; see pty(7).
                if count <= 0 { return count < 0 && errno == EAGAIN ? .waiting : .ended }
                taken += count
                output.append(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            }
            return .more
        }
    }
}
