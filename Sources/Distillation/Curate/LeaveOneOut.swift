/// What a library loses without a skill, smoothed over audits (SLIM's leave-one-skill-out).
package struct LeaveOneOut: Sendable, Hashable, Codable {
    /// Of the average that stays at an audit.
    package static let memory = 0.9
    /// Below it a skill is not worth its place.
    package static let retireBelow = 0.001

    /// Nil before the first audit.
    package private(set) var average: Double?
    /// Audits in a row that left the average below the bound.
    package private(set) var below: Int

    package init(average: Double? = nil, below: Int = 0) {
        self.average = average
        self.below = below
    }

    /// Takes an audit into account: the pass rate with the skill minus the rate without it.
    package mutating func audit(_ difference: Double) {
        let next = average.map { Self.memory * $0 + (1 - Self.memory) * difference } ?? difference
        average = next
        below = next < Self.retireBelow ? below + 1 : 0
    }
}
