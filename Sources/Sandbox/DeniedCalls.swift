import CLinux
import CSeccomp
import Glibc
import Reactor
import Synchronization

/// Answers the calls that an action's filter asks about, and counts them.
package final class DeniedCalls: Sendable {
    /// A call, and what it was refused with.
    package struct Kind: Sendable, Hashable {
        /// Its name, or its number where libseccomp knows no name.
        package var call: String
        package var errno: Int
    }

    /// From here on the kernel refuses with ENOSYS, without a question: a tree that does nothing else must not keep the
    /// daemon busy.
    package static let maximum = 10_000

    private struct State {
        var byNumber: [Asked: Int] = [:]
        var total = 0
    }

    private struct Asked: Hashable {
        var number: UInt32
        var errno: CInt
    }

    private let answers: SeccompAnswers
    private let state = Mutex(State())

    init(_ answers: SeccompAnswers) {
        self.answers = answers
    }

    /// What was refused until now, and how often.
    var counts: [Kind: Int] {
        var counts: [Kind: Int] = [:]
        for (asked, count) in state.withLock({ $0.byNumber }) {
            counts[Kind(call: Self.name(of: asked.number), errno: Int(asked.errno)), default: 0] += count
        }
        return counts
    }

    /// Waits until nobody is left who could ask; `handOver` is told, once, when somebody asks, and must see to `run`.
    func serve(on reactor: Reactor, _ listener: SharedDescriptor, handOver: @escaping @Sendable () -> Void) {
        let isWatched = listener.withRaw { raw in
            reactor.call(whenReady: raw) {
                let isAsked = listener.withRaw { raw in
                    reactor.forget(raw)
                    var polled = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
                    return poll(&polled, 1, 0) == 1 && polled.revents & Int16(POLLIN) != 0
                }
                if isAsked == true { handOver() } else { _ = listener.take() }
            }
        }
        if isWatched != true { handOver() }
    }

    /// Until nobody is left who could ask; cancel it when the sandbox has ended.
    func run(on reactor: Reactor, _ listener: SharedDescriptor) async {
        guard
            let edges = listener.withRaw({ raw in
                _ = clinux_seccomp_answer_at_once(raw)
                return reactor.readiness(of: raw)
            })
        else { return }
        edges: for await _ in edges {
            while let mayAsk = listener.withRaw(answerSome), !Task.isCancelled {
                if mayAsk == .nobody { break edges }
                if mayAsk == .later { break }
                await Task.yield()
            }
        }
        listener.withRaw { reactor.forget($0) }
        // Closed now: who still waits gets ENOSYS.
        _ = listener.take()
    }

    private enum Asking {
        case now, later, nobody
    }

    /// Answers a few, so that a tree that never pauses does not keep the thread.
    private func answerSome(_ listener: CInt) -> Asking {
        var asked = clinux_asked_call()
        for _ in 0..<64 {
            switch clinux_seccomp_next(listener, &asked) {
            case 1: guard answer(asked, listener) else { return .nobody }
            case 0: return .later
            default: return .nobody
            }
        }
        return .now
    }

    /// False when it was the last that is counted.
    private func answer(_ asked: clinux_asked_call, _ listener: CInt) -> Bool {
        let arguments = withUnsafeBytes(of: asked.arguments) { Array($0.bindMemory(to: UInt64.self)) }
        let errno = answers.errno(for: asked.number, arguments)
        let total = state.withLock { state in
            state.byNumber[Asked(number: asked.number, errno: errno), default: 0] += 1
            state.total += 1
            return state.total
        }
        clinux_seccomp_refuse(listener, asked.id, errno)
        return total < Self.maximum
    }

    private static func name(of number: UInt32) -> String {
        // 0 is SCMP_ARCH_NATIVE.
        guard let name = seccomp_syscall_resolve_num_arch(0, CInt(bitPattern: number)) else { return "\(number)" }
        defer { free(name) }
        return String(cString: name)
    }
}
