import Synchronization

/// Whether a trial has ended, told between threads.
final class TrialEnd: Sendable {
    private let flag = Atomic<Bool>(false)

    var hasCome: Bool { flag.load(ordering: .acquiring) }

    func come() { flag.store(true, ordering: .releasing) }
}
