import Distillation
import Gate
import Skills

/// Stage 1.
struct LintStage: GateCheck {
    let stage = GateStage.lint

    func finding(on subject: GateSubject) async throws -> GateFinding {
        let findings = SkillLint.findings(subject.tree, directory: subject.reference.skill)
        guard let first = findings.first(where: \.rule.isBinding) else {
            return .init(GateDecision(stage, .passed, "valid; \(findings.count) pieces of advice"))
        }
        let place = first.line.map { "\(first.file):\($0)" } ?? first.file
        return .init(GateDecision(stage, .failed, "\(place): \(first.cause)"))
    }
}

/// Stage 2.
struct ShapeStage: GateCheck {
    let stage = GateStage.shape

    func finding(on subject: GateSubject) async throws -> GateFinding {
        .init(
            ShapeCheck().decision(
                on: subject.version,
                tree: subject.tree,
                parent: subject.parent,
                served: subject.served
            )
        )
    }
}

/// Stage 5.
struct StaticStage: GateCheck {
    let stage = GateStage.staticAudit

    func finding(on subject: GateSubject) async throws -> GateFinding {
        .init(StaticAudit.decision(on: subject.tree, declared: subject.version.proposal.capabilities))
    }
}
