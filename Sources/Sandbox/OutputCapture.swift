import CLinux
import Glibc
import Linux
import Reactor
import Synchronization

/// Reads one stream of an action into a bounded buffer until its end, however long that takes.
///
/// A process left in the background may hold the pipe after the action has ended: nobody waits for it, but what it
/// writes is still read and counted, so that it neither blocks nor dies of SIGPIPE.
package final class OutputCapture: Sendable {
    /// Called with each piece as it comes, in order, on the reading task.
    package typealias Listener = @Sendable (ArraySlice<UInt8>) -> Void

    private struct State {
        var output: BoundedOutput
        var isOpen = true
    }

    private let descriptor: CInt
    private let state: Mutex<State>
    private let listener: Listener?
    /// The most that is read in one go after the action's end, when somebody keeps writing.
    private static let finalReadLimit = 8 << 20

    /// Takes over the (non-blocking) read end.
    init(_ descriptor: consuming OwnedDescriptor, head: Int, tail: Int, listener: Listener?) {
        self.descriptor = descriptor.release()
        self.listener = listener
        state = Mutex(State(output: BoundedOutput(headLimit: head, tailLimit: tail)))
    }

    deinit {
        if state.withLock({ $0.isOpen }) { _ = close(descriptor) }
    }

    /// Reads until the end of the stream; cancel it when the sandbox has ended.
    func run(_ reactor: Reactor) async {
        for await _ in reactor.readiness(of: descriptor) where drain(limit: .max) { break }
        reactor.forget(descriptor)
        state.withLock { state in
            guard state.isOpen else { return }
            state.isOpen = false
            _ = close(descriptor)
        }
    }

    /// What has come so far, after reading what is there now.
    func snapshot() -> BoundedOutput {
        _ = drain(limit: Self.finalReadLimit)
        return state.withLock { $0.output }
    }

    /// Reads what is there; true at the end of the stream.
    private func drain(limit: Int) -> Bool {
        state.withLock { state in
            guard state.isOpen else { return true }
            var chunk = [UInt8](repeating: 0, count: 65536)
            var taken = 0
            while taken < limit {
                let count = read(descriptor, &chunk, chunk.count)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { return errno != EAGAIN }
                if count == 0 { return true }
                taken += count
                state.output.append(chunk[..<count])
                listener?(chunk[..<count])
            }
            return false
        }
    }
}
