import Distillation
import Gate
import Skills

/// Edits that were refused for what they say: a distiller need not propose them again.
///
/// The first three stages do not count: what was malformed, stale or not yet shown by enough trials may come again. Of
/// the reason no more is told than the stage's name: the rest speaks of tests and held-out tasks, which distillers never see.
struct RefusedEdits: Sendable {
    let history: DistillRequest.History

    /// Of the versions for trials of a kind; nil is all that there are.
    init(_ kind: TrialKind?, in library: SkillLibrary) async throws {
        var edits: [DistillRequest.RejectedEdit] = []
        for version in try await library.skills(in: kind, states: Set(SkillState.allCases)) {
            guard let digests = version.proposal.editDigests, let reason = try await Self.refusal(of: version, library)
            else { continue }
            edits += digests.map { DistillRequest.RejectedEdit(digest: $0, reason: "\(version.reference): \(reason)") }
        }
        history = DistillRequest.History(rejectedEdits: edits)
    }

    private static func refusal(of version: SkillVersion, _ library: SkillLibrary) async throws -> String? {
        switch version.state {
        case .active, .narrowed: return nil
        case .quarantined:
            return "quarantined"
        case .proposed, .linted, .evidenced, .audited, .staged, .canary, .deprecated:
            let decisions = try await library.lastDecisions(on: version.reference).map(\.decision)
            let refusal = decisions.first { $0.stage.number >= GateStage.leak.number && $0.outcome == .failed }
            return refusal.map { "refused at stage \($0.stage.number), \($0.stage.name)" }
        }
    }
}
