import Dispatch

/// Runs an actor on a dispatch queue of its own, so that its blocking calls never occupy the cooperative pool.
package final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Runs what assumes to be isolated to the actor.
    func run(_ body: @escaping @Sendable () -> Void) {
        queue.async(execute: body)
    }

    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
