import Synchronization

/// Runs work that must end within a time; nil when it did not.
///
/// At the deadline the work is cancelled and awaited, so that none of it goes on afterwards: it must heed cancellation,
/// as every wait of this module does. Cancelling the caller cancels the work, whose own answer to that is returned.
package func withDeadline<Value: Sendable, Failure: Error>(
    _ limit: Duration,
    _ work: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value? {
    let task = Task { () async -> Result<Value, Failure> in
        do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
    }
    let race = Race()
    let alarm = Alarm(after: limit) { if race.win() { task.cancel() } }
    let result = await withTaskCancellationHandler {
        await task.value
    } onCancel: {
        task.cancel()
    }
    alarm.cancel()
    return race.win() ? try result.get() : nil
}

/// Between the work and its time.
private final class Race: Sendable {
    private let isOver = Atomic<Bool>(false)

    /// Whether nobody was there before.
    func win() -> Bool { !isOver.exchange(true, ordering: .relaxed) }
}
