import Gate
import Skills

/// One stage of the gate: asks its question of a version.
protocol GateCheck: Sendable {
    var stage: GateStage { get }
    func finding(on subject: GateSubject) async throws -> GateFinding
}

/// A decision, and what follows from it beyond going on or not.
struct GateFinding: Sendable {
    let decision: GateDecision
    /// Where the version goes; nil is where the stage leads to when it is passed.
    var move: SkillState?
    /// Where it may be used from then on; nil leaves that.
    var scope: SkillScope?
    /// What the decision was made on, for the stages that follow.
    var pairs: [MatchedTrials]
    /// Of jobs that somebody ran, noted once the decision stands: else a crash between would use them up undecided.
    var compared: [MatchedTrials]

    init(
        _ decision: GateDecision,
        move: SkillState? = nil,
        scope: SkillScope? = nil,
        pairs: [MatchedTrials] = [],
        compared: [MatchedTrials] = []
    ) {
        self.decision = decision
        self.move = move
        self.scope = scope
        self.pairs = pairs
        self.compared = compared
    }
}
