/// What an evaluation came to: report.json, and what the table and the page are made of.
package struct EvaluationReport: Codable, Sendable, Hashable {
    package static let currentSchema = "executord-evaluation-report/1"

    /// The pass rate of a condition on some tasks; orders and attempts are averaged within each task.
    package struct RateRow: Codable, Sendable, Hashable {
        package var condition: Condition
        /// nil is all.
        package var role: String?
        package var tier: Tier?
        package var part: Instance.Part?
        /// nil is the mean of all orders.
        package var order: LearningOrder?
        package var rate: Measured<Rate>
    }
    /// A condition beside no skill at all, on the same tasks.
    package struct ComparisonRow: Codable, Sendable, Hashable {
        package var condition: Condition
        /// What is compared with; `no_skill` or the control.
        package var against: Condition
        package var part: Instance.Part
        /// nil is all.
        package var family: String?
        package var comparison: Measured<Comparison>
    }
    package struct TrapRow: Codable, Sendable, Hashable {
        package var condition: Condition
        package var counts: OutcomeProcess
        package var resistance: Measured<Double>
    }
    /// A skill of one family on tasks of another, in one of AFTER's regimes.
    package struct MatrixCell: Codable, Sendable, Hashable {
        package var condition: Condition
        package var source: String
        package var target: String
        package var regime: Regime
        package var comparison: Measured<Comparison>
    }
    /// Gain where it was learnt, against gain elsewhere.
    package struct ScoreRow: Codable, Sendable, Hashable {
        package var condition: Condition
        package var source: String
        /// The mean gain by regime.
        package var gains: [Regime: Double]
        package var specificity: Measured<Double>
        package var generality: Measured<Double>
    }
    /// All that is said of one agent.
    package struct AgentPart: Codable, Sendable, Hashable {
        package var agent: String
        package var rates: [RateRow] = []
        package var comparisons: [ComparisonRow] = []
        package var traps: [TrapRow] = []
        package var health: [LibraryHealth] = []
        package var revisions: [Revisions] = []
        package var transfer: [Transfer] = []
        package var compositions: [Compositions] = []
        package var matrix: [MatrixCell] = []
        package var scores: [ScoreRow] = []

        init(_ agent: String) { self.agent = agent }
    }
    /// The gain of a condition's skills by agent, where they were learnt: AFTER's fourth regime.
    package struct CrossModelRow: Codable, Sendable, Hashable {
        package var condition: Condition
        package var agent: String
        package var comparison: Measured<Comparison>
    }
    package struct Absence: Codable, Sendable, Hashable {
        package var metric: String
        package var reason: String
    }
    package struct Library: Codable, Sendable, Hashable {
        package var condition: Condition
        package var order: LearningOrder
        package var stage: Int
        /// Name and digest of each skill.
        package var skills: [String]
        package var refused: [String]
        package var notes: [String]
    }
    /// Trials of the teacher, and how many of them passed.
    package struct Lessons: Codable, Sendable, Hashable {
        package var trials: Int
        package var passed: Int
        package var failed: Int
    }

    package var schema = Self.currentSchema
    package var plan: EvaluationPlan
    /// Trials that were measured, of those that the plan needs.
    package var measured: Int
    package var wanted: Int
    /// Whether all that the plan asks for is done.
    package var isFinished: Bool
    package var lessons: Lessons
    package var agents: [AgentPart]
    package var crossModel: [CrossModelRow]
    package var libraries: [Library]
    package var absent: [Absence]
    /// Trials without a verdict: their name and why; they are in no mean.
    package var unjudged: [String]
}

/// AFTER's regimes: where a skill is used, seen from where it was learnt.
package enum Regime: String, Codable, Sendable, Hashable, CaseIterable, CodingKeyRepresentable {
    case local
    case crossTask = "cross-task"
    case crossRole = "cross-role"
    case crossModel = "cross-model"
}
