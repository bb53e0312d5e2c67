import CLinux
import Glibc
package import Linux
import Synchronization

/// The one epoll thread: turns readiness of descriptors into `AsyncStream` edges for the tasks that own them.
///
/// Edge-triggered, with one buffered wake-up per registration: no edge between `EAGAIN` and `await` is lost. Works
/// for sockets, pipes, pidfds, signalfds and, with `.priority`, cgroup event files; see epoll(7).
package final class Reactor: Sendable {
    /// What a registration waits for.
    package enum Interest: Sendable {
        case read, write, priority

        fileprivate var events: UInt32 {
            switch self {
            case .read: CLINUX_EPOLL_READ
            case .write: CLINUX_EPOLL_WRITE
            case .priority: CLINUX_EPOLL_PRIORITY
            }
        }
    }

    private struct Waiter {
        let id: UInt32
        let interest: Interest
        let signal: Signal

        func yield() {
            switch signal {
            case .edges(let edges): edges.yield()
            case .call(let body): body()
            }
        }

        func finish() { if case .edges(let edges) = signal { edges.finish() } }
    }

    private enum Signal {
        case edges(AsyncStream<Void>.Continuation)
        case call(@Sendable () -> Void)
    }

    /// The tasks that wait for one descriptor, and the id of the registration that the kernel holds for them.
    private struct Registration {
        let id: UInt32
        var waiters: [Waiter] = []

        var events: UInt32 { waiters.reduce(0) { $0 | $1.interest.events } }
    }

    private struct Table {
        var registrations: [CInt: Registration] = [:]
        var nextID: UInt32 = 0

        /// Ids tell a registration from an earlier one of the same number; 2^32 of them outlive any queued event.
        mutating func makeID() -> UInt32 {
            nextID &+= 1
            return nextID
        }
    }

    private let epoll: CInt
    private let table = Mutex(Table())

    /// Makes the epoll descriptor and starts its thread, which lives as long as the process.
    package static func start() throws(SystemError) -> Reactor {
        let reactor = Reactor(epoll: try syscall("epoll_create1") { clinux_epoll_create() })
        var thread = pthread_t()
        let box = Unmanaged.passRetained(reactor).toOpaque()
        let code = pthread_create(&thread, nil, reactorThread, box)
        guard code == 0 else { throw SystemError(call: "pthread_create", code: code) }
        pthread_detach(thread)
        return reactor
    }

    private init(epoll: CInt) {
        self.epoll = epoll
    }

    /// Edges of readiness of `fd`: one at once if it is ready, then one per change.
    ///
    /// Ends when the consuming task is cancelled, when the stream is dropped, or when `forget` is called, which must be
    /// before `fd` is closed. What epoll cannot watch (a regular file) is ready once, and the stream ends.
    package func readiness(of fd: CInt, for interest: Interest = .read) -> AsyncStream<Void> {
        let (stream, edges) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        guard let id = register(fd, interest, .edges(edges)) else {
            edges.yield()
            edges.finish()
            return stream
        }
        edges.onTermination = { [weak self] _ in self?.drop(fd, id) }
        return stream
    }

    /// Calls `body` on the reactor's own thread at each edge, the first at once if there is one, until `forget`.
    ///
    /// For what never blocks and is soon done; it costs no task.
    ///
    /// - Returns: false when epoll cannot watch it.
    package func call(whenReady fd: CInt, _ body: @escaping @Sendable () -> Void) -> Bool {
        register(fd, .read, .call(body)) != nil
    }

    /// Waits for one edge; false when the task is cancelled or the descriptor forgotten first.
    package func waitUntilReady(_ fd: CInt, for interest: Interest = .read) async -> Bool {
        for await _ in readiness(of: fd, for: interest) { return true }
        return false
    }

    /// Ends every wait for `fd`; call it before closing.
    package func forget(_ fd: CInt) {
        let ended = table.withLock { table -> [Waiter] in
            guard let registration = table.registrations.removeValue(forKey: fd) else { return [] }
            _ = clinux_epoll_remove(epoll, fd)
            return registration.waiters
        }
        for waiter in ended { waiter.finish() }
    }

    /// Adds a waiter; nil when epoll refuses the descriptor.
    private func register(_ fd: CInt, _ interest: Interest, _ signal: Signal) -> UInt32? {
        let (id, orphans) = table.withLock {
            register(fd, Waiter(id: $0.makeID(), interest: interest, signal: signal), &$0)
        }
        for orphan in orphans { orphan.finish() }
        return id
    }

    /// Adds a waiter; its id is nil when epoll refuses the descriptor.
    ///
    /// Returns waiters of an earlier file of that number, closed without `forget`, for the caller to end.
    private func register(_ fd: CInt, _ waiter: Waiter, _ table: inout Table) -> (id: UInt32?, orphans: [Waiter]) {
        var orphans: [Waiter] = []
        if var registration = table.registrations[fd] {
            registration.waiters.append(waiter)
            if set(fd, registration, modify: true) {
                table.registrations[fd] = registration
                return (waiter.id, [])
            }
            orphans = table.registrations.removeValue(forKey: fd)?.waiters ?? []
        }
        let registration = Registration(id: table.makeID(), waiters: [waiter])
        guard set(fd, registration, modify: false) else { return (nil, orphans) }
        table.registrations[fd] = registration
        return (waiter.id, orphans)
    }

    private func drop(_ fd: CInt, _ id: UInt32) {
        table.withLock { table in
            guard var registration = table.registrations[fd],
                let index = registration.waiters.firstIndex(where: { $0.id == id })
            else { return }
            let before = registration.events
            registration.waiters.remove(at: index)
            if registration.waiters.isEmpty {
                table.registrations.removeValue(forKey: fd)
                _ = clinux_epoll_remove(epoll, fd)
            } else {
                table.registrations[fd] = registration
                if registration.events != before { _ = set(fd, registration, modify: true) }
            }
        }
    }

    /// Tells the kernel; adding and modifying both report readiness that is there already.
    private func set(_ fd: CInt, _ registration: Registration, modify: Bool) -> Bool {
        let data = UInt64(registration.id) << 32 | UInt64(UInt32(bitPattern: fd))
        return clinux_epoll_set(epoll, fd, registration.events, data, modify ? 1 : 0) == 0
    }

    fileprivate func loop() {
        var data = [UInt64](repeating: 0, count: 64)
        var events = [UInt32](repeating: 0, count: 64)
        while true {
            let count = clinux_epoll_wait(epoll, &data, &events, 64)
            guard count > 0 else { continue }
            for index in 0..<Int(count) { deliver(data[index], events[index]) }
        }
    }

    private func deliver(_ data: UInt64, _ events: UInt32) {
        let fd = CInt(bitPattern: UInt32(truncatingIfNeeded: data))
        let waiters = table.withLock { table -> [Waiter] in
            guard let registration = table.registrations[fd], registration.id == UInt32(data >> 32) else { return [] }
            return registration.waiters
        }
        // Errors and hang-ups (EPOLLERR, EPOLLHUP) concern everybody.
        let everybody = events & 0x018 != 0
        for waiter in waiters where everybody || events & waiter.interest.events != 0 { waiter.yield() }
    }
}

/// At file scope: a closure formed in isolated code would trap when pthreads calls it.
private func reactorThread(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    clinux_block_all_signals()
    guard let box else { return nil }
    Unmanaged<Reactor>.fromOpaque(box).takeUnretainedValue().loop()
    return nil
}
