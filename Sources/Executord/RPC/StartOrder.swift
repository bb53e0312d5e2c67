import Synchronization

/// Lets requests of a connection start in the order of their arrival, however the scheduler orders their tasks.
final class StartOrder: Sendable {
    /// One request's place in the order.
    final class Turn: Sendable {
        private struct State {
            var isOver = false
            var next: [CheckedContinuation<Void, Never>] = []
        }
        private let state = Mutex(State())
        private let previous: Mutex<Turn?>

        fileprivate init(after previous: Turn?) { self.previous = Mutex(previous) }

        /// Waits until all earlier requests have started.
        func wait() async {
            guard let earlier = previous.withLock({ $0.take() }) else { return }
            await earlier.over()
        }

        /// This request has started, or never will; may be called again.
        ///
        /// One that never waited does not let later ones go before those that came earlier.
        func end() {
            guard let earlier = previous.withLock({ $0.take() }) else { return finish() }
            Task {
                await earlier.over()
                finish()
            }
        }

        private func finish() {
            let next = state.withLock { state in
                state.isOver = true
                defer { state.next = [] }
                return state.next
            }
            for continuation in next { continuation.resume() }
        }

        private func over() async {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if !state.isOver { state.next.append(continuation) }
                    return state.isOver
                }
                if isOver { continuation.resume() }
            }
        }
    }

    private let last = Mutex<Turn?>(nil)

    /// The next place; called in the order of arrival.
    func next() -> Turn {
        last.withLock { last in
            let turn = Turn(after: last)
            last = turn
            return turn
        }
    }
}
