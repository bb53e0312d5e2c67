/// Runs work that must end within a time; nil when it did not.
///
/// At the deadline the work is cancelled and awaited, so that none of it goes on afterwards: it must heed cancellation,
/// as every wait of this module does. Cancelling the caller cancels the work, whose own answer to that is returned.
package func withDeadline<Value: Sendable, Failure: Error>(
    _ limit: Duration,
    _ work: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value? {
    let outcome = await withTaskGroup(of: Finish<Value, Failure>.self) { group in
        group.addTask {
            do throws(Failure) { return .work(.success(try await work())) } catch { return .work(.failure(error)) }
        }
        group.addTask {
            do { try await Task.sleep(for: limit) } catch { return .cancelled }
            return .expired
        }
        var outcome: Result<Value, Failure>?
        while let finish = await group.next() {
            switch finish {
            case .work(let result): outcome = result
            case .expired: break
            case .cancelled: continue
            }
            break
        }
        group.cancelAll()
        return outcome
    }
    return try outcome?.get()
}

private enum Finish<Value: Sendable, Failure: Error>: Sendable {
    case work(Result<Value, Failure>)
    case expired
    /// The caller was cancelled during the sleep: the work's answer is awaited.
    case cancelled
}
