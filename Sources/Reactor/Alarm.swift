import CLinux
import Glibc
import Synchronization

/// Calls a closure when a time has passed, unless it is cancelled before: then nothing of it is left.
///
/// What waits in `Task.sleep` is cancelled as soon, but libdispatch keeps a kilobyte of it until the time has come: an hour's
/// worth of limits that nothing ever met.
package final class Alarm: Sendable {
    private let id: UInt64

    /// `body` is called once, on a thread of all alarms: it must not block.
    package init(after time: Duration, _ body: @escaping @Sendable () -> Void) {
        id = AlarmClock.shared.set(.now + time, body)
    }

    /// The closure is not called any more, unless it is being called now.
    package func cancel() { AlarmClock.shared.remove(id) }
}

/// The thread of all alarms, and those that are set: as many as limits hold at the same time.
private final class AlarmClock: Sendable {
    static let shared = AlarmClock()

    private struct Entry {
        let time: ContinuousClock.Instant
        let body: @Sendable () -> Void
    }

    private struct Table {
        var entries: [UInt64: Entry] = [:]
        var lastID: UInt64 = 0
        /// When the thread looks again; nil when it waits for a first entry.
        var nextLook: ContinuousClock.Instant?
        var hasThread = false
    }

    private let table = Mutex(Table())
    /// Counts up when the thread is to look sooner; eventfd(2).
    private let wakeUp = clinux_eventfd()

    func set(_ time: ContinuousClock.Instant, _ body: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, isSooner) = table.withLock { table in
            table.lastID += 1
            table.entries[table.lastID] = Entry(time: time, body: body)
            // Where there was no thread to be had, the next one tries again.
            if !table.hasThread { table.hasThread = startThread() }
            let isSooner = table.nextLook.map { time < $0 } ?? true
            if isSooner { table.nextLook = time }
            return (table.lastID, isSooner)
        }
        if isSooner {
            var one: UInt64 = 1
            _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)
        }
        return id
    }

    func remove(_ id: UInt64) { _ = table.withLock { $0.entries.removeValue(forKey: id) } }

    private func startThread() -> Bool {
        var thread = pthread_t()
        guard pthread_create(&thread, nil, alarmThread, nil) == 0 else { return false }
        pthread_detach(thread)
        return true
    }

    fileprivate func loop() {
        var descriptor = pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)
        while true {
            let (due, wait) = look()
            for entry in due { entry.body() }
            if poll(&descriptor, 1, wait) > 0 {
                var count: UInt64 = 0
                _ = read(wakeUp, &count, MemoryLayout<UInt64>.size)
            }
        }
    }

    /// What is due, soonest first, and how long to wait for what is not, in milliseconds as poll(2) has them.
    private func look() -> (due: [Entry], wait: CInt) {
        table.withLock { table in
            let now = ContinuousClock.now
            let due = table.entries.filter { $0.value.time <= now }
            for id in due.keys { table.entries[id] = nil }
            table.nextLook = table.entries.values.map(\.time).min()
            let wait = table.nextLook.map { time in
                let rest = (time - now).components
                // Up to the next millisecond: not a moment too early.
                return rest.seconds < 1_000_000
                    ? CInt(rest.seconds * 1000 + rest.attoseconds / 1_000_000_000_000_000 + 1) : .max
            }
            return (due.values.sorted { $0.time < $1.time }, wait ?? -1)
        }
    }
}

/// At file scope: a closure formed in isolated code would trap when pthreads calls it.
private func alarmThread(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    clinux_block_all_signals()
    AlarmClock.shared.loop()
    return nil
}
