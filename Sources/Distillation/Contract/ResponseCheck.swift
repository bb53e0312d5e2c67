package import Skills
import Wire

/// Holds a response against its request; the gate looks only at what has no findings.
package enum ResponseCheck {
    /// Everything that is wrong, in the response's order; the order does not depend on chance.
    package static func findings(in response: DistillResponse, for request: DistillRequest) -> [ResponseFinding] {
        var findings: [ResponseFinding] = []
        if response.requestID != request.requestID { findings.append(.otherRequest(response.requestID)) }
        let evidence = EvidenceIndex(request)
        var seen: Set<String> = []
        for proposal in response.proposals {
            if !seen.insert(proposal.id).inserted { findings.append(.repeatedProposal(proposal.id)) }
            findings += claims(of: proposal, in: request)
            findings += base(of: proposal, in: request.library)
            findings += edits(of: proposal, in: request, evidence: evidence)
        }
        let new = response.proposals.count { $0.operation == .create }
        if new > request.policy.maxNewSkills {
            findings.append(.tooManyNewSkills(count: new, limit: request.policy.maxNewSkills))
        }
        return findings
    }

    private static func claims(of proposal: DistillResponse.Proposal, in request: DistillRequest) -> [ResponseFinding] {
        var findings: [ResponseFinding] = []
        if proposal.predicts == nil { findings.append(.noPrediction(proposal: proposal.id)) }
        if let confidence = proposal.confidence, !(0...1).contains(confidence) {
            findings.append(.confidenceOutOfRange(proposal: proposal.id))
        }
        let runs = Set(request.trajectories.map(\.id))
        for run in proposal.support.trajectories + proposal.support.against where !runs.contains(run) {
            findings.append(.unknownSupport(proposal: proposal.id, trajectory: run))
        }
        return findings
    }

    private static func base(
        of proposal: DistillResponse.Proposal,
        in library: DistillRequest.Library
    ) -> [ResponseFinding] {
        let id = proposal.id
        guard !proposal.skills.isEmpty else { return [.noSkill(proposal: id)] }
        let held = Dictionary(library.skills.map { ($0.id, $0.digest) }) { first, _ in first }
        return proposal.skills.compactMap { skill in
            if proposal.operation == .create {
                return held[skill] == nil ? nil : .skillExists(proposal: id, skill: skill)
            }
            guard let digest = held[skill] else {
                // What a split or a merge makes is new.
                let mayBeNew = proposal.operation == .split || proposal.operation == .merge
                return mayBeNew ? nil : .unknownSkill(proposal: id, skill: skill)
            }
            guard let given = proposal.base[skill] else { return .noBase(proposal: id, skill: skill) }
            return given == digest ? nil : .staleBase(proposal: id, skill: skill)
        }
    }

    private static func edits(
        of proposal: DistillResponse.Proposal,
        in request: DistillRequest,
        evidence: EvidenceIndex
    ) -> [ResponseFinding] {
        let id = proposal.id
        let policy = request.policy
        var findings: [ResponseFinding] = []
        if proposal.edits.isEmpty && proposal.operation.needsEdits { findings.append(.noEdits(proposal: id)) }
        if proposal.edits.count > policy.maxEdits {
            findings.append(.tooManyEdits(proposal: id, count: proposal.edits.count, limit: policy.maxEdits))
        }
        for (number, edit) in proposal.edits.enumerated() {
            for lacking in edit.lacks { findings.append(.incompleteEdit(proposal: id, edit: number, lacks: lacking)) }
            if edit.evidence.isEmpty { findings.append(.uncitedEdit(proposal: id, edit: number)) }
            for cited in edit.evidence where !evidence.contains(cited) {
                findings.append(.unknownEvidence(proposal: id, edit: number, evidence: cited))
            }
            if !edit.namesPlainFile { findings.append(.badFile(proposal: id, edit: number, file: edit.file)) }
            findings += size(of: edit, number: number, proposal: id, policy: policy)
            let digest = edit.digest
            if let before = request.history.rejectedEdits.first(where: { $0.digest == digest }) {
                findings.append(.rejectedBefore(proposal: id, edit: number, reason: before.reason))
            }
        }
        for lines in proposal.provenance {
            // A text that is read has fewer bytes.
            if lines.first < 1 || lines.last < lines.first || lines.last > SkillLint.Limits.textBytes {
                findings.append(
                    .badLines(proposal: id, file: lines.file, first: lines.first, last: lines.last)
                )
            }
            for cited in lines.evidence where !evidence.contains(cited) {
                findings.append(.unknownProvenance(proposal: id, file: lines.file, evidence: cited))
            }
        }
        return findings
    }

    private static func size(
        of edit: SkillEdit,
        number: Int,
        proposal: String,
        policy: DistillRequest.Policy
    ) -> [ResponseFinding] {
        let isBody = edit.file == SkillTree.mainFile
        let content = edit.content ?? ""
        let lines = content.utf8.count { $0 == UInt8(ascii: "\n") }
        let limit = isBody ? policy.maxSkillLines : policy.maxReferenceLines
        var findings: [ResponseFinding] = []
        if lines > limit {
            findings.append(.tooManyLines(proposal: proposal, edit: number, count: lines, limit: limit))
        }
        let tokens = TokenEstimate.tokens(in: content)
        if isBody && tokens > policy.maxBodyTokens {
            findings.append(
                .tooManyTokens(proposal: proposal, edit: number, count: tokens, limit: policy.maxBodyTokens)
            )
        }
        return findings
    }
}

/// The length of a text in tokens, near enough for budgets.
package enum TokenEstimate {
    /// Characters divided by four, as the literature counts.
    package static func tokens(in text: String) -> Int { (text.unicodeScalars.count + 3) / 4 }
}

extension SkillPatch.Operation {
    /// Whether it says nothing without an edit.
    package var needsEdits: Bool {
        switch self {
        case .create, .revise, .replace, .merge, .split, .describe: true
        case .narrow, .retire, .quarantine: false
        }
    }
}

extension SkillEdit {
    /// What `rejected_edits` knows an edit by: SHA-256 over what it does, without its evidence.
    package var digest: String {
        let parts = [file, operation.rawValue, targetSection, targetText, oldText, afterSection, content]
        // Lengths before the parts, so that no two edits have the same text.
        let text = parts.map { part in part.map { "\($0.utf8.count):\($0)" } ?? "-" }.joined(separator: ",")
        return "sha256:" + SHA256.hex(of: Array(text.utf8))
    }

    /// The keys that its operation needs and that are not there.
    var lacks: [String] {
        let needed: [(key: String, value: String?)] =
            switch operation {
            case .insertAfter, .insertBefore: [("target_text", targetText), ("content", content)]
            case .appendToSection: [("target_section", targetSection), ("content", content)]
            case .replaceInSection: [("target_section", targetSection)]
            case .addSection: [("content", content)]
            case .deleteSection: [("target_section", targetSection)]
            case .create: [("content", content)]
            case .deleteFile: []
            }
        return needed.filter { ($0.value ?? "").isEmpty }.map(\.key)
    }

    /// Whether the path stays inside the skill, whatever reads it.
    var namesPlainFile: Bool {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
            && file.unicodeScalars.allSatisfy { $0.value >= 32 && $0 != "\\" && $0.value != 127 }
    }
}
