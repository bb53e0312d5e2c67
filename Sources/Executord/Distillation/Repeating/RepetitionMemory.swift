import Synchronization

/// What repetitions came to, as long as the daemon lives: the next distillation of the same trials asks for the same ones.
final class RepetitionMemory: Sendable {
    struct Key: Hashable, Sendable {
        let trial: String
        let actions: [String]
    }

    /// More than any library's lessons; then all is forgotten.
    private static let most = 50_000

    /// Whether they passed, in the order in which they were done.
    private let known = Mutex([Key: [Bool]]())

    /// The outcome of the repetition of that number, from 0; nil where it was not done yet.
    func outcome(_ key: Key, _ number: Int) -> Bool? {
        known.withLock { known in
            guard let all = known[key], all.indices.contains(number) else { return nil }
            return all[number]
        }
    }

    func note(_ passed: Bool, of key: Key) {
        known.withLock { known in
            if known.count >= Self.most { known = [:] }
            known[key, default: []].append(passed)
        }
    }
}
