import FoundationEssentials
import Gate
import Skills
import Trajectory
import Wire

/// One run of the gate: asks the stages in their order, writes down what they say, and stops at the first that says no.
struct GateRun: Sendable {
    let services: TrialServices
    let trials: TrialService
    let params: SkillGate.Params
    let caller: Caller

    static let stages: [any GateCheck] = [
        LintStage(), ShapeStage(), EvidenceStage(), LeakStage(), StaticStage(), BehaviourStage(), RouterStage(),
        SourceReplayStage(), HeldOutStage(), TransferStage(), CanaryStage(), ActiveStage(),
    ]
    /// Stages that run nothing and change nothing.
    private static let readOnly: Set<GateStage> = [.lint, .shape, .evidence, .leak, .staticAudit, .router]
    static let actor = "gate"

    struct Report: Sendable {
        var advice: String
        var steps: [GateStep] = []
        var passed = false
    }

    /// Leads a version as far as it gets.
    func lead(_ reference: SkillReference) async throws -> Report {
        try await check(reference)
        // A dry run touches nothing that another one could be at.
        if params.dryRun { return try await ask(reference) }
        try services.versionsAtGate.enter(reference)
        defer { services.versionsAtGate.leave(reference) }
        return try await ask(reference)
    }

    private func ask(_ reference: SkillReference) async throws -> Report {
        var subject = try await GateSubject(
            reference,
            params,
            run: String(UUID().uuidString.lowercased().prefix(8)),
            services: services,
            trials: trials,
            caller: caller
        )
        try await subject.takeUp()
        let advice = try await advice(on: subject)
        var report = Report(advice: advice)
        await subject.tell(advice: advice)
        var scope: SkillScope?
        // What is served has come through the others, or a person vouched for it.
        let stages = subject.version.state.isServed ? [AuditStage()] : Self.stages
        for check in stages where !params.dryRun || Self.readOnly.contains(check.stage) {
            let finding = try await check.finding(on: subject)
            var decision = finding.decision
            decision.digests["tree"] = subject.version.digest
            if !params.dryRun {
                try await services.library.record(decision, on: reference, run: subject.run, actor: Self.actor)
            }
            let step = GateStep(decision, skill: reference, run: subject.run, at: params.dryRun ? nil : .now())
            report.steps.append(step)
            await subject.tell(step)
            scope = finding.scope ?? scope
            subject.pairs += finding.pairs
            if !params.dryRun {
                try await move(subject.version, after: finding, scope: scope)
                subject.version = try await services.library.version(reference)
                for pair in finding.compared {
                    if let known = pair.comparedPair { try await services.meter.credit(known, of: reference) }
                }
            }
            guard decision.goesOn else { return report }
        }
        report.passed = !params.dryRun
        return report
    }

    private func check(_ reference: SkillReference) async throws {
        let state = try await services.library.version(reference).state
        if state == .deprecated || (state.isServed && params.with == nil) {
            throw WireError(
                .conflict,
                "\(reference) is \(state.rawValue): there is nothing for the gate to decide",
                remedy: state.isServed
                    ? "two jobs audit it: --with and --without; 'executorctl distill --plugin curate' looks after it"
                    : "take it in again as a new version"
            )
        }
        guard (params.with == nil) == (params.without == nil) else {
            throw WireError(.invalidParams, "one job alone is no comparison", remedy: "name both --with and --without")
        }
        if let agent = params.agent, !agent.kind.isRunByDaemon {
            throw WireError(
                .invalidParams,
                "an agent outside cannot be run by the gate",
                remedy: "run a job with the skill and one without, and name them by --with and --without"
            )
        }
        if let agent = params.agent, agent.kind.usesSolution {
            throw WireError(
                .invalidParams,
                "\(agent.displayName) has the tasks' solutions: what it does says nothing of a skill",
                remedy: "an agent that goes by what it is given, such as follower"
            )
        }
        guard params.attempts >= 1, params.alpha > 0, params.alpha < 1, params.gain > 0, params.gain <= 1 else {
            throw WireError(
                .invalidParams,
                "attempts is \(params.attempts), alpha \(params.alpha), gain \(params.gain)",
                remedy: "attempts at least 1, alpha between 0 and 1, gain above 0 and at most 1"
            )
        }
    }

    private func advice(on subject: GateSubject) async throws -> String {
        if params.with != nil { return "two recorded jobs are compared" }
        let (tasks, replays) = (subject.tasks.heldOut.count, params.attempts)
        return try await HeldOutStage.advice(subject, tasks: tasks, replays: replays) + subject.tasks.remark
    }

    /// Where a version goes by what a stage found; never back to what it has passed.
    private func move(_ version: SkillVersion, after finding: GateFinding, scope: SkillScope?) async throws {
        let stage = finding.decision.stage
        guard var target = finding.move ?? (finding.decision.goesOn ? stage.leadsTo : nil) else { return }
        if target == .active, scope != nil { target = .narrowed }
        // What is quarantined begins anew; nothing else goes back to what it has passed.
        let order = SkillState.allCases
        let place = { (state: SkillState) in order.firstIndex(of: state) ?? 0 }
        guard version.state == .quarantined || place(target) > place(version.state),
            version.state.successors.contains(target)
        else { return }
        try await services.library.move(
            version.reference,
            to: target,
            reason: "\(stage.name): \(finding.decision.reason)",
            actor: Self.actor,
            digests: finding.decision.digests,
            tier: stage.grants.map { max($0, version.tier) },
            scope: scope
        )
    }
}

extension GateStep {
    init(_ decision: GateDecision, skill: SkillReference, run: String, at time: Timestamp?) {
        self.init(
            stage: decision.stage.number,
            name: decision.stage.name,
            question: decision.stage.question,
            outcome: decision.outcome.rawValue,
            reason: decision.reason,
            figures: decision.figures,
            digests: decision.digests,
            at: time,
            skill: skill.description,
            run: run
        )
    }

    init(_ recorded: RecordedDecision) {
        self.init(recorded.decision, skill: recorded.reference, run: recorded.run, at: recorded.at)
    }
}
