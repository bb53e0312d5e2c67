import Skills

/// Mines what verified runs have in common, without a model; the same request gives the same bytes.
package struct MineDistiller: Distiller {
    package static let version = "1.2.1"

    package init() {}

    package var info: DistillerInfo {
        DistillerInfo(
            name: "mine",
            version: Self.version,
            capabilities: .init(operations: [.create, .revise], minimumTrajectories: 2, deterministic: true)
        )
    }

    package func distill(_ request: DistillRequest, context: DistillContext) async throws -> DistillResponse {
        var notes: [DistillResponse.Note] = []
        // The order in which runs come says nothing.
        let known = request.trajectories.compactMap(MinedRun.init).sorted { $0.id < $1.id }
        let infra = request.trajectories.count - known.count
        if infra > 0 { notes.append(.init(text: "\(infra) infra runs ignored")) }
        let family = request.scope.family ?? Self.commonFamily(of: known)
        let runs = known.filter { $0.family == family }
        let passing = runs.count(where: \.succeeded)
        let least = max(1, request.policy.minSupport)
        guard let family, passing >= least else {
            notes.append(.init(text: "no proposal: \(passing) passing runs, and \(least) are needed"))
            return response(to: request, proposals: [], notes: notes)
        }

        let others = known.filter { $0.family != family }
        let split = WorkKinds.split(runs, minimumSupport: least)
        let kinds = ConditionWords.toldApart(split)
        if kinds.count < split.count {
            let count = split.count - kinds.count
            notes.append(
                .init(text: "\(count) kinds of work taken with others: no word of their tasks tells them apart")
            )
        }
        let (minimised, replays) = try await Minimisation.minimise(
            kinds,
            replay: context.replay,
            limit: request.budget.replays
        )
        let mining = ProcedureMining(background: others, minimumSupport: least)
        let procedures = zip(kinds, minimised).map { mining.procedure(of: $0, $1) }
        let held = request.library.skills.first { $0.id == SkillName.kebab(family) }.map { HeldSkill($0) }
        let findings = MineFindings(
            family: family,
            runs: runs,
            procedures: ProcedureHeadings.given(to: procedures, in: held, besides: others),
            pitfalls: PitfallMining.pitfalls(in: runs, minimumSupport: least)
        )
        notes += findings.notes
        guard !findings.isEmpty else {
            notes.append(.init(text: "no proposal: the passing runs have nothing in common"))
            return response(to: request, proposals: [], notes: notes, replays: replays)
        }
        let proposal = MineProposal(request, findings, held: held).proposal(notes: &notes)
        return response(to: request, proposals: proposal.map { [$0] } ?? [], notes: notes, replays: replays)
    }

    /// The family of most runs; of equals the first by name.
    private static func commonFamily(of runs: [MinedRun]) -> String? {
        var counts: [String: Int] = [:]
        for run in runs { counts[run.family, default: 0] += 1 }
        return counts.min { (-$0.value, $0.key) < (-$1.value, $1.key) }?.key
    }

    private func response(
        to request: DistillRequest,
        proposals: [DistillResponse.Proposal],
        notes: [DistillResponse.Note],
        replays: Int = 0
    ) -> DistillResponse {
        // No times: the host measures them, and the same request must give the same bytes.
        DistillResponse(
            schema: DistillResponse.schema,
            requestID: request.requestID,
            plugin: .init(name: info.name, version: info.version, deterministic: true),
            usage: .init(replays: replays),
            proposals: proposals,
            notes: notes
        )
    }
}
