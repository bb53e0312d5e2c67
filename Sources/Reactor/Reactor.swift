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
    package enum Interest: UInt32, Sendable {
        case read, write, priority
    }

    private struct Registration {
        let continuation: AsyncStream<Void>.Continuation
        let interest: Interest
    }

    private struct Table {
        /// By descriptor, then by registration id: several tasks may wait for one descriptor.
        var registrations: [CInt: [UInt32: Registration]] = [:]
        /// Current generation of a descriptor number; events of an older one are dropped.
        var generations: [CInt: UInt32] = [:]
        var nextID: UInt32 = 1
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

    /// Edges of readiness of `fd`: one at once (it may be ready already), then one per change.
    ///
    /// Ends when the consuming task is cancelled or `forget` is called, which must be before `fd` is closed.
    package func readiness(of fd: CInt, for interest: Interest = .read) -> AsyncStream<Void> {
        let (edges, wakeup) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        wakeup.yield()
        let id = table.withLock { table -> UInt32? in
            let id = table.nextID
            table.nextID &+= 1
            let isKnown = !(table.registrations[fd] ?? [:]).isEmpty
            table.registrations[fd, default: [:]][id] = Registration(continuation: wakeup, interest: interest)
            if !isKnown { table.generations[fd] = id }
            return update(fd, in: table, modify: isKnown) ? id : nil
        }
        guard let id else {
            // A descriptor that epoll cannot watch (a regular file) is always ready.
            wakeup.finish()
            _ = table.withLock { $0.registrations.removeValue(forKey: fd) }
            return edges
        }
        wakeup.onTermination = { [weak self] _ in self?.drop(fd, id) }
        return edges
    }

    /// Ends every wait for `fd`; call it before closing.
    package func forget(_ fd: CInt) {
        let ended = table.withLock { table -> [UInt32: Registration] in
            guard let registrations = table.registrations.removeValue(forKey: fd) else { return [:] }
            _ = clinux_epoll_remove(epoll, fd)
            return registrations
        }
        for registration in ended.values { registration.continuation.finish() }
    }

    private func drop(_ fd: CInt, _ id: UInt32) {
        table.withLock { table in
            guard table.registrations[fd]?.removeValue(forKey: id) != nil else { return }
            if table.registrations[fd]?.isEmpty ?? true {
                table.registrations.removeValue(forKey: fd)
                _ = clinux_epoll_remove(epoll, fd)
            }
        }
    }

    /// Brings the kernel's registration in line with the table's.
    private func update(_ fd: CInt, in table: borrowing Table, modify: Bool) -> Bool {
        var events: UInt32 = 0
        for registration in (table.registrations[fd] ?? [:]).values {
            switch registration.interest {
            case .read: events |= CLINUX_EPOLL_READ
            case .write: events |= CLINUX_EPOLL_WRITE
            case .priority: events |= CLINUX_EPOLL_PRIORITY
            }
        }
        let generation = table.generations[fd] ?? 0
        let data = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: fd))
        return clinux_epoll_set(epoll, fd, events, data, modify ? 1 : 0) == 0
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
        let generation = UInt32(data >> 32)
        let waiting = table.withLock { table -> [Registration] in
            guard table.generations[fd] == generation else { return [] }
            return Array((table.registrations[fd] ?? [:]).values)
        }
        // Errors and hang-ups (EPOLLERR, EPOLLHUP) concern everybody.
        let everybody = events & 0x018 != 0
        for registration in waiting {
            let wanted: Bool =
                switch registration.interest {
                case .read: events & CLINUX_EPOLL_READ != 0
                case .write: events & CLINUX_EPOLL_WRITE != 0
                case .priority: events & CLINUX_EPOLL_PRIORITY != 0
                }
            if wanted || everybody { registration.continuation.yield() }
        }
    }
}

/// At file scope: a closure formed in isolated code would trap when pthreads calls it.
private func reactorThread(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    clinux_block_all_signals()
    guard let box else { return nil }
    Unmanaged<Reactor>.fromOpaque(box).takeUnretainedValue().loop()
    return nil
}
