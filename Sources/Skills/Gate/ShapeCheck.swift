package import Gate

/// Stage 2: whether a version is made for what is there now, and small enough a change.
package struct ShapeCheck: Sendable {
    /// A version that a new one is held against.
    package struct Base: Sendable {
        package let version: SkillVersion
        package let tree: SkillTree

        package init(version: SkillVersion, tree: SkillTree) {
            self.version = version
            self.tree = tree
        }
    }

    package init() {}

    /// `parent` is what the version was made of, `served` what agents get now; nil where there is none.
    package func decision(on version: SkillVersion, tree: SkillTree, parent: Base?, served: Base?) -> GateDecision {
        func failed(_ reason: String, _ figures: [String: Double] = [:]) -> GateDecision {
            GateDecision(.shape, .failed, reason, figures: figures)
        }
        let policy = version.proposal.isRefactoring ? SkillPatch.Policy.refactoring : SkillPatch.Policy()
        if let parent, let served, served.version.reference != parent.version.reference,
            served.version.reference != version.reference
        {
            return failed(
                "it was made of \(parent.version.reference), but \(served.version.reference) is served now: distil again"
            )
        }
        if let edits = version.proposal.edits, version.proposal.operation != .create, edits > policy.maximumEdits {
            return failed("it has \(edits) edits, at most \(policy.maximumEdits) may be judged at once")
        }
        let before = parent ?? served
        guard let before, before.version.reference != version.reference else {
            return GateDecision(.shape, .passed, "a new skill: there is nothing that it could be stale against")
        }
        let loss = WordLoss.share(from: before.tree, to: tree)
        let figures = ["loss": loss]
        if let most = policy.maximumLoss, loss > most {
            return failed(
                "\(Int((loss * 100).rounded())) % of the words of \(before.version.reference) would go, at most "
                    + "\(Int(most * 100)) % may",
                figures
            )
        }
        return GateDecision(
            .shape,
            .passed,
            "made of \(before.version.reference), \(Int((loss * 100).rounded())) % of its words go",
            figures: figures,
            digests: ["base": before.version.digest]
        )
    }
}
