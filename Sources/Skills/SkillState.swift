/// Where a version stands between being proposed and being used.
package enum SkillState: String, Codable, Sendable, CaseIterable {
    case proposed, linted, evidenced, audited, staged, canary, active, narrowed, quarantined, deprecated

    /// Whether trials are given it: such versions make up the library's snapshot.
    package var isServed: Bool { self == .active || self == .narrowed }

    /// The states that may follow; each way is one test of the gate, or somebody's decision.
    package var successors: Set<SkillState> {
        switch self {
        case .proposed: [.linted, .deprecated]
        case .linted: [.evidenced, .quarantined, .deprecated]
        case .evidenced: [.audited, .quarantined, .deprecated]
        case .audited: [.staged, .quarantined, .deprecated]
        case .staged: [.canary, .active, .narrowed, .quarantined, .deprecated]
        case .canary: [.staged, .active, .narrowed, .quarantined, .deprecated]
        case .active: [.narrowed, .quarantined, .deprecated]
        case .narrowed: [.narrowed, .active, .quarantined, .deprecated]
        case .quarantined: [.staged, .deprecated]
        // Only a rollback brings back what was served once.
        case .deprecated: []
        }
    }
}

/// How far a version's origin is trusted, and so what it may ask for.
package enum SkillTier: Int, Codable, Sendable, CaseIterable, Comparable {
    /// Unvetted: instructions only, no tools.
    case t1 = 1
    /// Reviewed: reads, nothing is run.
    case t2
    /// Vetted: declared tools, scoped files, no network.
    case t3
    /// Signed by a person: all that it declares.
    case t4

    package static func < (left: SkillTier, right: SkillTier) -> Bool { left.rawValue < right.rawValue }

    /// `T1` to `T4`.
    package var name: String { "T\(rawValue)" }
}
