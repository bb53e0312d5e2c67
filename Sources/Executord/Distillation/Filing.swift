import Distillation
import Skills
import Wire

/// What becomes of a distiller's proposals: each is filed as a new version, or refused with the reason.
struct Filing: Sendable {
    let library: SkillLibrary
    /// In place of the library: nothing is filed, and results go to the shelf.
    let given: GivenLibrary?
    let family: String
    let isDryRun: Bool

    /// One outcome for each proposal; what is wrong with the response as a whole refuses all of them.
    func file(_ response: DistillResponse, for request: DistillRequest) async throws -> [SkillDistill.Proposal] {
        let findings = ResponseCheck.findings(in: response, for: request)
        var outcomes: [SkillDistill.Proposal] = []
        for proposal in response.proposals {
            var outcome = SkillDistill.Proposal(
                family: family,
                operation: proposal.operation.rawValue,
                skills: proposal.skills,
                rationale: proposal.rationale
            )
            if let finding = findings.first {
                outcome.refused = "\(finding)"
            } else {
                do {
                    try await file(proposal, response, request, &outcome)
                } catch let error as SkillPatchError {
                    outcome.refused = "\(error)"
                } catch let error as SkillLibraryError {
                    outcome.refused = "\(error)"
                }
            }
            outcomes.append(outcome)
        }
        return outcomes
    }

    private func file(
        _ proposal: DistillResponse.Proposal,
        _ response: DistillResponse,
        _ request: DistillRequest,
        _ outcome: inout SkillDistill.Proposal
    ) async throws {
        guard !proposal.edits.isEmpty else { return try await decide(proposal, response, request, &outcome) }
        guard let skill = proposal.skills.first else { return }
        var parents: [SkillReference] = []
        var (base, carried) = (SkillTree?.none, [LineSupport]())
        if let digest = proposal.base[skill], let given {
            base = try given.base(skill, digest: digest)
        } else if let digest = proposal.base[skill] {
            let version = try await library.all(of: skill).last { $0.digest == digest }
            guard let version else { throw SkillLibraryError.noSkill(skill) }
            parents = [version.reference]
            base = try await library.tree(version.reference)
            carried = version.proposal.support
        }
        let patch = SkillPatch(proposal.operation, base: proposal.base[skill], edits: proposal.edits)
        let direction = proposal.predicts?.ofPass
        let policy = base != nil && direction == .same ? SkillPatch.Policy.refactoring : SkillPatch.Policy()
        let patched = try patch.applied(to: base, policy: policy)
        outcome.text = patched.tree.main?.text
        if let finding = SkillLint.findings(patched.tree, directory: skill).first(where: \.rule.isBinding) {
            outcome.refused = "lint: \(SkillProblem(finding).text)"
            return
        }
        guard !isDryRun else { return }
        if let given {
            outcome.result = SkillGiven(name: skill, digest: try given.shelf.keep(patched.tree))
            outcome.size = SkillSize(
                files: patched.tree.files.count,
                lines: patched.tree.files.values.reduce(0) { $0 + $1.bytes.count { $0 == UInt8(ascii: "\n") } },
                bytes: patched.tree.size
            )
            return
        }
        let finer = proposal.provenance.map {
            LineSupport(file: $0.file, first: $0.first, last: $0.last, evidence: $0.evidence, kind: $0.kind)
        }
        let source = "\(response.plugin.name) \(response.plugin.version)"
        let added = try await library.add(
            patched.tree,
            SkillProposal(
                source: source,
                operation: proposal.operation,
                request: request.requestID,
                rationale: proposal.rationale,
                parents: parents,
                support: patched.support(carrying: carried, edits: proposal.edits, finer: finer),
                features: proposal.capabilities.exec,
                scope: SkillScope(proposal.applicability),
                capabilities: SkillCapabilities(proposal.capabilities),
                probes: proposal.checks.map { SkillProbe(id: $0.id, run: $0.run, exit: $0.expect.exit) },
                edits: proposal.edits.count,
                editDigests: proposal.edits.map(\.digest),
                direction: direction
            ),
            actor: source
        )
        let linted = try await library.move(added.reference, to: .linted, reason: "valid", actor: "lint")
        outcome.filed = linted.reference.description
    }

    /// A proposal without edits is about a version's place: retire, quarantine, narrow.
    private func decide(
        _ proposal: DistillResponse.Proposal,
        _ response: DistillResponse,
        _ request: DistillRequest,
        _ outcome: inout SkillDistill.Proposal
    ) async throws {
        let target: SkillState
        switch proposal.operation {
        case .retire: target = .deprecated
        case .quarantine: target = .quarantined
        case .narrow: target = .narrowed
        default:
            outcome.refused = "\(proposal.operation.rawValue) without edits changes nothing"
            return
        }
        for skill in proposal.skills {
            guard let known = request.library.skills.first(where: { $0.id == skill }) else { continue }
            let reference = SkillReference(skill, known.version)
            guard given == nil else { continue }
            let scope = try await library.version(reference).scope.narrowed(by: proposal.applicability.exclude)
            if target == .narrowed, scope == nil {
                outcome.refused = "no family, role or model is excluded that was not before"
                return
            }
            guard !isDryRun else { continue }
            try await library.move(
                reference,
                to: target,
                reason: proposal.rationale,
                actor: "\(response.plugin.name) \(response.plugin.version)",
                digests: ["request": request.requestID],
                scope: target == .narrowed ? scope : nil
            )
            outcome.filed = reference.description
        }
    }
}

extension SkillCapabilities {
    fileprivate init(_ declared: DistillResponse.Capabilities) {
        self.init(exec: declared.exec, read: declared.read, write: declared.write, network: declared.network)
    }
}

extension SkillScope {
    fileprivate init(_ applicability: DistillResponse.Applicability) {
        func terms(_ filter: DistillResponse.Filter) -> Terms {
            Terms(families: filter.families, roles: filter.roles, models: filter.models)
        }
        self.init(include: terms(applicability.include), exclude: terms(applicability.exclude))
    }

    /// This scope without what is excluded beside; nil where that excludes nothing new, as with what no scope tells apart.
    fileprivate func narrowed(by filter: DistillResponse.Filter) -> SkillScope? {
        var scope = self
        scope.exclude.families = Set(exclude.families + filter.families).sorted()
        scope.exclude.roles = Set(exclude.roles + filter.roles).sorted()
        scope.exclude.models = Set(exclude.models + filter.models).sorted()
        return scope == self ? nil : scope
    }
}
