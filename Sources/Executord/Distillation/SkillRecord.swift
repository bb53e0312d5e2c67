import Distillation
import Gate
import Skills
import Tasks
import Trajectory
import Wire

/// What pairs of trials and audits say of a version, as maintainers go by it.
struct SkillRecord: Sendable {
    private(set) var audits = LeaveOneOut()
    /// The e-value of harm over pairs of real trials and of compared jobs; nil without any.
    private(set) var harmEvidence: Double?
    /// Trials that had it, by place, with the trials that match them.
    private(set) var contexts: [DistillRequest.Context] = []

    private struct Place: Hashable {
        let environment: String
        let role: String
    }

    init(of reference: SkillReference, _ services: TrialServices) async throws {
        for audit in try await services.library.decisions(on: reference.skill)
        where audit.reference == reference && audit.decision.stage == .active {
            if let difference = audit.decision.figures["difference"] { audits.audit(difference) }
        }
        var harm = EvidenceProcess()
        var places: [Place: DistillRequest.Context] = [:]
        for pair in try await services.library.pairs(of: reference) {
            if pair.source != .gate { harm.observe(pair.result.reversed) }
            guard let detail = try? await services.store.detail(pair.with) else { continue }
            let task = try? services.tasks.load(pair.task)
            let role = task.flatMap { TrialKind(of: $0.definition).role } ?? ""
            let place = Place(environment: detail.images?.agent ?? "host", role: role)
            var context =
                places[place]
                ?? DistillRequest.Context(environment: place.environment, role: role, uses: 0, failures: 0)
            context.uses += 1
            context.failures += pair.passedWith ? 0 : 1
            context.matchedRuns += 1
            context.matchedFailures += pair.passedWithout ? 0 : 1
            places[place] = context
        }
        harmEvidence = harm.pairs > 0 ? harm.value : nil
        contexts = places.values.sorted { ($0.environment, $0.role) < ($1.environment, $1.role) }
    }
}
