import Skills

/// Looks after a library by what is known of its skills: retires, quarantines, narrows, and keeps to the cap.
///
/// It looks at `library.stats` alone, and its answer has the form of any other distiller's.
package struct CurateDistiller: Distiller {
    package static let version = "1.0.0"

    private let rules: CurationRules

    package init(rules: CurationRules = CurationRules()) {
        self.rules = rules
    }

    package var info: DistillerInfo {
        DistillerInfo(
            name: "curate",
            version: Self.version,
            capabilities: .init(
                operations: [.retire, .quarantine, .narrow],
                minimumTrajectories: 0,
                deterministic: true
            )
        )
    }

    package func distill(_ request: DistillRequest, context: DistillContext) async throws -> DistillResponse {
        let skills = request.library.skills.filter { rules.governed.contains($0.state) }.sorted { $0.id < $1.id }
        var decisions = skills.compactMap { rules.decision(on: $0) }
        let staying = skills.filter { skill in
            !decisions.contains { $0.skill.id == skill.id && $0.operation != .narrow }
        }
        let evicted = rules.evictions(from: staying)
        // What is evicted need not be narrowed.
        decisions.removeAll { decision in evicted.contains { $0.skill.id == decision.skill.id } }
        decisions = (decisions + evicted).sorted { $0.skill.id < $1.skill.id }
        return DistillResponse(
            schema: DistillResponse.schema,
            requestID: request.requestID,
            plugin: .init(name: info.name, version: info.version, deterministic: true),
            proposals: decisions.enumerated().map { number, decision in decision.proposal(id: "p\(number + 1)") },
            notes: [.init(text: "\(skills.count) skills looked at, \(decisions.count) to be changed")]
        )
    }
}

/// What is to be done with a skill, and why.
struct CurationDecision: Sendable, Hashable {
    let skill: DistillRequest.Skill
    let operation: SkillPatch.Operation
    let reason: String
    var exclude = DistillResponse.Filter()

    func proposal(id: String) -> DistillResponse.Proposal {
        .init(
            id: id,
            operation: operation,
            skills: [skill.id],
            base: [skill.id: skill.digest],
            rationale: reason,
            applicability: .init(exclude: exclude),
            // Taking away must not cost anything: that is what can be shown wrong.
            predicts: .init(metric: "pass", direction: operation == .narrow ? .up : .same)
        )
    }
}
