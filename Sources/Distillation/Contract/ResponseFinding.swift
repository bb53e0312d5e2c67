/// What is wrong with a response, seen beside its request.
package enum ResponseFinding: Sendable, Hashable {
    case otherRequest(String)
    case repeatedProposal(String)
    case noSkill(proposal: String)
    case unknownSkill(proposal: String, skill: String)
    case skillExists(proposal: String, skill: String)
    case noBase(proposal: String, skill: String)
    case staleBase(proposal: String, skill: String)
    case noPrediction(proposal: String)
    case unknownSupport(proposal: String, trajectory: String)
    case confidenceOutOfRange(proposal: String)
    case noEdits(proposal: String)
    case tooManyEdits(proposal: String, count: Int, limit: Int)
    case tooManyNewSkills(count: Int, limit: Int)
    case incompleteEdit(proposal: String, edit: Int, lacks: String)
    case uncitedEdit(proposal: String, edit: Int)
    case unknownEvidence(proposal: String, edit: Int, evidence: String)
    case unknownProvenance(proposal: String, file: String, evidence: String)
    case badLines(proposal: String, file: String, first: Int, last: Int)
    case badFile(proposal: String, edit: Int, file: String)
    case tooManyLines(proposal: String, edit: Int, count: Int, limit: Int)
    case tooManyTokens(proposal: String, edit: Int, count: Int, limit: Int)
    case rejectedBefore(proposal: String, edit: Int, reason: String)
}

extension ResponseFinding: CustomStringConvertible {
    /// Cause, place and remedy.
    package var description: String {
        switch self {
        case .otherRequest(let id): "answers request '\(id)'; copy the request's request_id"
        case .repeatedProposal(let id): "two proposals have the id '\(id)'; number them"
        case .noSkill(let id): "proposal \(id) names no skill; say in 'skills' which it is about"
        case .unknownSkill(let id, let skill): "proposal \(id): the library excerpt has no skill '\(skill)'"
        case .skillExists(let id, let skill): "proposal \(id): skill '\(skill)' is there already; revise it"
        case .noBase(let id, let skill): "proposal \(id): 'base' lacks the digest of '\(skill)' on which it builds"
        case .staleBase(let id, let skill): "proposal \(id): 'base' of '\(skill)' is not the digest in the request"
        case .noPrediction(let id): "proposal \(id) has no 'predicts'; say which metric goes where"
        case .unknownSupport(let id, let run): "proposal \(id): the request has no trajectory '\(run)'"
        case .confidenceOutOfRange(let id): "proposal \(id): 'confidence' must be from 0 to 1"
        case .noEdits(let id): "proposal \(id) has no edits, and its operation needs one"
        case .tooManyEdits(let id, let count, let limit):
            "proposal \(id) has \(count) edits; the policy allows \(limit)"
        case .tooManyNewSkills(let count, let limit): "\(count) new skills are proposed; the policy allows \(limit)"
        case .incompleteEdit(let id, let edit, let lacks):
            "proposal \(id), edit \(edit): its operation needs '\(lacks)'"
        case .uncitedEdit(let id, let edit):
            "proposal \(id), edit \(edit) cites no evidence; name the runs it follows from"
        case .unknownEvidence(let id, let edit, let evidence):
            "proposal \(id), edit \(edit): evidence '\(evidence)' is nothing that the request has"
        case .unknownProvenance(let id, let file, let evidence):
            "proposal \(id), provenance of \(file): evidence '\(evidence)' is nothing that the request has"
        case .badLines(let id, let file, let first, let last):
            "proposal \(id), provenance of \(file): \(first) to \(last) are no lines; they count from 1"
        case .badFile(let id, let edit, let file):
            "proposal \(id), edit \(edit): '\(file)' is not a plain path inside the skill"
        case .tooManyLines(let id, let edit, let count, let limit):
            "proposal \(id), edit \(edit) has \(count) lines; a file of its kind may have \(limit)"
        case .tooManyTokens(let id, let edit, let count, let limit):
            "proposal \(id), edit \(edit) has about \(count) tokens; the policy allows \(limit)"
        case .rejectedBefore(let id, let edit, let reason):
            "proposal \(id), edit \(edit) was refused before: \(reason)"
        }
    }
}
