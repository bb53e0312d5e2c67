package import Gate
package import Wire

/// One decision of the gate, as the library keeps it.
package struct RecordedDecision: Sendable, Hashable {
    /// Grows by one with every decision of the library.
    package let number: Int
    package let reference: SkillReference
    /// The decisions of one run of the gate have one name.
    package let run: String
    package let at: Timestamp
    package let actor: String
    package let decision: GateDecision
}

/// A test that used up some of the library's error budget.
package struct BudgetSpending: Sendable, Hashable {
    /// From 1: which test of the library's.
    package let test: Int
    package let reference: SkillReference
    package let at: Timestamp
    package let stage: GateStage
    /// Of the library's whole life.
    package let alpha: Double
    /// What this test may err with.
    package let share: Double
    /// The run of the gate that the test is of; nil where nobody could take it up.
    package var run: String?
}

/// Two trials of one task and one agent that differ in having a version of a skill.
package struct TrialPair: Sendable, Hashable, Codable {
    /// Where a pair comes from.
    package enum Source: String, Sendable, Hashable, Codable {
        /// Replays of the gate's.
        case gate
        /// Real trials, one of which drew the canary.
        case canary
        /// Two jobs that somebody compared.
        case jobs
    }

    package let source: Source
    /// Its digest.
    package let task: String
    package let with: String
    package let without: String
    package let passedWith: Bool
    package let passedWithout: Bool

    package init(
        source: Source,
        task: String,
        with: String,
        without: String,
        passedWith: Bool,
        passedWithout: Bool
    ) {
        self.source = source
        self.task = task
        self.with = with
        self.without = without
        self.passedWith = passedWith
        self.passedWithout = passedWithout
    }

    package var result: PairResult { PairResult(passedWith: passedWith, passedWithout: passedWithout) }

    /// What the version did to the trial that had it.
    package var credit: SkillUse.Credit {
        switch result {
        case .repair: .helped
        case .regression: .hurt
        case .same: .neutral
        }
    }
}
