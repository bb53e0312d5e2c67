import Skills

/// Makes a proposal of a mined skill: a new one, or what the library's lacks.
struct MineProposal {
    let request: DistillRequest
    let findings: MineFindings
    /// The library's skill of that name.
    let held: HeldSkill?
    private let context: SkillContext

    init(_ request: DistillRequest, _ findings: MineFindings, held: HeldSkill?) {
        self.request = request
        self.findings = findings
        self.held = held
        context = SkillContext(findings)
    }

    /// Nil when there is nothing to say that is not said or refused; the notes tell why.
    func proposal(notes: inout [DistillResponse.Note]) -> DistillResponse.Proposal? {
        let name = SkillName.kebab(findings.family)
        var rendering = SkillRendering(findings, isRevision: held != nil)
        let skill = rendering.skill(named: name)
        guard held != nil || request.policy.maxNewSkills > 0 else {
            notes.append(.init(text: "no proposal: \(name) would be new, and the policy allows no new skill"))
            return nil
        }
        let change =
            held.map { revision(of: $0, with: skill, notes: &notes) } ?? creation(skill, notes: &notes)
        let rejected = Set(request.history.rejectedEdits.map(\.digest))
        let edits = change.edits.filter { !rejected.contains($0.digest) }
        // A new skill's files stand or fall together.
        guard !edits.isEmpty, held != nil || edits.count == change.edits.count else {
            let said = change.edits.isEmpty ? "says all of this already" : "was proposed so before, and refused"
            notes.append(.init(text: "no proposal: \(name) \(said)"))
            return nil
        }
        return DistillResponse.Proposal(
            id: "p1",
            operation: held == nil ? .create : .revise,
            skills: [name],
            base: held.map { [name: $0.source.digest] } ?? [:],
            rationale: rationale,
            support: support,
            edits: edits,
            provenance: change.provenance,
            applicability: applicability,
            capabilities: capabilities(rendering.programs),
            predicts: .init(metric: "pass", direction: .up, tasks: Set(findings.runs.map(\.task)).sorted()),
            checks: rendering.checks,
            confidence: confidence
        )
    }

    private typealias Change = (edits: [SkillEdit], provenance: [DistillResponse.LineEvidence])

    private func creation(_ skill: MinedSkill, notes: inout [DistillResponse.Note]) -> Change {
        let files = SkillFiles(skill, policy: request.policy)
        if files.dropped > 0 { notes.append(.init(text: "\(files.dropped) pieces had no room")) }
        func cited(_ file: String) -> [String] {
            Set(files.provenance.filter { $0.file == file }.flatMap(\.evidence)).sorted()
        }
        let main = SkillTree.mainFile
        var edits = [SkillEdit(file: main, .create, content: files.main, evidence: cited(main), kind: .step)]
        if let reference = files.reference {
            let details = SkillFiles.details
            edits.append(
                SkillEdit(file: details, .create, content: reference, evidence: cited(details), kind: .example)
            )
        }
        return (edits, files.provenance)
    }

    private func revision(
        of held: HeldSkill,
        with skill: MinedSkill,
        notes: inout [DistillResponse.Note]
    ) -> Change {
        let edits = MineRevision(held: held).edits(with: skill)
        let room = max(0, request.policy.maxEdits)
        if edits.count > room { notes.append(.init(text: "\(edits.count - room) edits had no room")) }
        return (Array(edits.prefix(room)), [])
    }

    private var rationale: String {
        let (steps, shown) = (findings.steps.count, findings.shown)
        return "\(steps) steps and \(findings.pitfalls.count) pitfalls of "
            + "\(shown.count) passing runs of \(Set(shown.map(\.task)).count) tasks"
    }

    private var support: DistillResponse.Support {
        let passing = findings.successes
        return .init(
            trajectories: passing.map(\.id).sorted(),
            against: findings.failures.map(\.id).sorted(),
            tasks: Set(passing.map(\.task)).count,
            models: Set(passing.map(\.model)).count
        )
    }

    private var applicability: DistillResponse.Applicability {
        let lost = context.lost
        return .init(
            include: .init(
                families: [findings.family],
                files: context.suffixes.map { "*.\($0)" },
                tools: context.programs
            ),
            exclude: .init(roles: lost.roles, models: lost.models)
        )
    }

    private func capabilities(_ programs: Set<String>) -> DistillResponse.Capabilities {
        let actions = findings.successes.flatMap(\.source.actions)
        func folders(_ paths: (DistillRequest.FileEffects) -> [String]) -> [String] {
            let found = actions.flatMap { action in
                (action.files.map(paths) ?? []).map { path -> String in
                    let whole = path.hasPrefix("/") ? path : (action.cwd.map { $0 + "/" } ?? "") + path
                    let folder = whole.split(separator: "/", omittingEmptySubsequences: false).dropLast()
                    return folder.isEmpty ? "**" : folder.joined(separator: "/") + "/**"
                }
            }
            return Set(found).sorted()
        }
        return .init(
            exec: programs.sorted(),
            read: folders(\.read),
            write: folders { $0.created + $0.modified + $0.deleted },
            network: Set(actions.flatMap { $0.calls?.connect ?? [] }).sorted()
        )
    }

    /// Laplace's estimate that a run passes; in hundredths, so that it is written alike everywhere.
    private var confidence: Double {
        let passing = Double(findings.successes.count)
        return ((passing + 1) / (Double(findings.runs.count) + 2) * 100).rounded() / 100
    }
}
