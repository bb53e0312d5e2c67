import Skills
import Synchronization
import Wire

/// The versions that are before the gate now.
///
/// Two runs of one version at a time would take up each other's trials, and end them when either's caller leaves.
final class VersionsAtGate: Sendable {
    private let versions = Mutex(Set<SkillReference>())

    /// - Throws: when it is there already.
    func enter(_ reference: SkillReference) throws(WireError) {
        guard versions.withLock({ $0.insert(reference).inserted }) else {
            throw WireError(
                .conflict,
                "\(reference) is before the gate already",
                remedy: "wait until that run has ended; 'executorctl skill log \(reference.skill)' shows its decisions"
            )
        }
    }

    func leave(_ reference: SkillReference) {
        versions.withLock { _ = $0.remove(reference) }
    }
}
