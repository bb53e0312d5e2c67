package import Gate

/// Stage 7: whether a version is found by what it is for, and takes no other served skill's place.
package struct RouterCheck: Sendable {
    /// What trials are given at most.
    package static let depth = 3
    /// The share of its hits that another skill may lose.
    package static let tolerance = 0.01

    /// What somebody may look for.
    package struct Query: Sendable, Hashable {
        package let text: String
        package let trial: TrialKind
        /// The version must be found by it.
        package let isOfTarget: Bool

        package init(_ text: String, trial: TrialKind, isOfTarget: Bool = false) {
            self.text = text
            self.trial = trial
            self.isOfTarget = isOfTarget
        }
    }

    package init() {}

    package func decision(
        on reference: SkillReference,
        _ queries: [Query],
        in library: SkillLibrary
    ) async throws -> GateDecision {
        var (hits, lost): ([String: Int], [String: Int]) = ([:], [:])
        var (wanted, found) = (0, 0)
        for query in queries {
            let after = try await names(query, with: reference, in: library)
            guard !query.isOfTarget else {
                // Its own ground: who comes before others there takes nothing from them.
                wanted += 1
                if after.contains(reference.skill) { found += 1 }
                continue
            }
            for skill in try await names(query, without: reference, in: library) where skill != reference.skill {
                hits[skill, default: 0] += 1
                if !after.contains(skill) { lost[skill, default: 0] += 1 }
            }
        }
        let shadowed = lost.filter { Double($0.value) > Self.tolerance * Double(hits[$0.key] ?? 0) }.keys.sorted()
        let figures = [
            "queries": Double(queries.count), "own": Double(wanted), "found": Double(found),
            "shadowed": Double(shadowed.count),
        ]
        func failed(_ reason: String) -> GateDecision { GateDecision(.router, .failed, reason, figures: figures) }
        if wanted > 0, found == 0 {
            return failed(
                "none of its \(wanted) own queries finds it among the best \(Self.depth): its description says too little"
            )
        }
        if let first = shadowed.first {
            let others = shadowed.count > 1 ? " and \(shadowed.count - 1) other skills" : ""
            return failed(
                "it would take the place of \(first)\(others) in \(lost[first] ?? 0) of \(hits[first] ?? 0) queries"
            )
        }
        return GateDecision(
            .router,
            .passed,
            "\(found) of its \(wanted) own queries find it; of \(queries.count) queries no other skill loses its place",
            figures: figures
        )
    }

    private func names(
        _ query: Query,
        with reference: SkillReference? = nil,
        without candidate: SkillReference? = nil,
        in library: SkillLibrary
    ) async throws -> [String] {
        let also = reference.map { Set([$0]) } ?? []
        // One more: an older version of the same skill is no other skill's place.
        let found = try await library.search(
            SkillQuery(query.text, trial: query.trial, also: also, limit: Self.depth + 1)
        )
        var names: [String] = []
        for hit in found where hit.reference != candidate && !names.contains(hit.reference.skill) {
            names.append(hit.reference.skill)
        }
        return Array(names.prefix(Self.depth))
    }
}
