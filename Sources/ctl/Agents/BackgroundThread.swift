import Glibc
import Synchronization

/// Work that blocks, beside the main thread; its end is waited for.
struct BackgroundThread {
    /// What the thread is given, and where it puts what went wrong.
    private final class Work: Sendable {
        let body: @Sendable () throws -> Void
        let failure = Mutex<(any Error)?>(nil)
        init(_ body: @escaping @Sendable () throws -> Void) { self.body = body }

        func run() {
            do {
                try body()
            } catch {
                failure.withLock { $0 = error }
            }
        }
    }

    private let work: Work
    private let thread: pthread_t

    init(_ body: @escaping @Sendable () throws -> Void) throws {
        let work = Work(body)
        var thread = pthread_t()
        let passed = Unmanaged.passRetained(work).toOpaque()
        let code = pthread_create(&thread, nil, Self.main, passed)
        guard code == 0 else {
            Unmanaged<Work>.fromOpaque(passed).release()
            throw OperationError(cause: "a thread could not be started: errno \(code)")
        }
        self.work = work
        self.thread = thread
    }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { passed in
        if let passed { Unmanaged<Work>.fromOpaque(passed).takeRetainedValue().run() }
        return nil
    }

    /// Waits for the end and throws what the work threw; called once.
    func join() throws {
        pthread_join(thread, nil)
        if let failure = work.failure.withLock({ $0 }) { throw failure }
    }
}
