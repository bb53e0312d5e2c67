import Glibc

/// Runs blocking work (archives on pipes) on a thread of its own: the pool has one thread a core and must not block.
package func onOwnThread<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
    let result: Result<R, any Error> = await withCheckedContinuation { continuation in
        let box = Unmanaged.passRetained(
            ThreadWork { continuation.resume(returning: Result { try work() }) }
        )
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, runThreadWork, box.toOpaque())
        if code == 0 {
            pthread_detach(thread)
        } else {
            // No thread to be had: blocking here is better than not answering.
            box.takeRetainedValue().body()
        }
    }
    return try result.get()
}

private final class ThreadWork: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

/// At file scope: a closure formed in isolated code would trap when pthreads calls it.
private func runThreadWork(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let box else { return nil }
    Unmanaged<ThreadWork>.fromOpaque(box).takeRetainedValue().body()
    return nil
}
