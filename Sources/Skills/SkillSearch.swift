import Trajectory

/// What somebody looks for, and among what.
package struct SkillQuery: Sendable, Hashable {
    /// Any text: an instruction, words, commands.
    package var text: String
    /// Only what such a trial may be given; nil for all.
    package var trial: TrialKind?
    package var states: Set<SkillState>
    package var leastTier: SkillTier
    /// Versions that are looked at in whichever state, as candidates are before they are served.
    package var also: Set<SkillReference>
    package var limit: Int

    package init(
        _ text: String,
        trial: TrialKind? = nil,
        states: Set<SkillState> = [.active, .narrowed],
        leastTier: SkillTier = .t1,
        also: Set<SkillReference> = [],
        limit: Int = 10
    ) {
        self.text = text
        self.trial = trial
        self.states = states
        self.leastTier = leastTier
        self.also = also
        self.limit = limit
    }
}

/// A version that a query found.
package struct SkillHit: Codable, Sendable, Hashable {
    package let reference: SkillReference
    package let state: SkillState
    package let tier: SkillTier
    /// BM25 over the weighted fields; greater is better, and comparable within one answer only.
    package let score: Double
}

extension SkillLibrary {
    /// The versions that fit a query best, the best first; equal ones in the order in which they were added.
    package func search(_ query: SkillQuery) throws(SkillLibraryError) -> [SkillHit] {
        try reading {
            let words = try SkillIndex.rarestWords(of: query.text, in: database)
            let states = query.states.map(\.rawValue).sorted()
            let also = try query.also.map { try id(of: $0) }.sorted()
            // Tier and scope leave out some of what is found; then more is asked for.
            var wanted = max(1, query.limit)
            while true {
                let found = try SkillIndex.find(words, states: states, also: also, limit: wanted, in: database)
                let hits = try hits(found, query)
                if hits.count >= query.limit || found.count < wanted { return Array(hits.prefix(max(0, query.limit))) }
                wanted *= 8
            }
        }
    }

    private func hits(_ found: [(id: Int, score: Double)], _ query: SkillQuery) throws -> [SkillHit] {
        try found.compactMap { entry in
            let version = try version(entry.id)
            guard version.tier >= query.leastTier else { return nil }
            if let trial = query.trial, !version.scope.admits(trial) { return nil }
            return SkillHit(
                reference: version.reference,
                state: version.state,
                tier: version.tier,
                score: entry.score
            )
        }
    }
}
