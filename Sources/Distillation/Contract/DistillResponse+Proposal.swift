package import Skills

extension DistillResponse {
    /// One change to the library.
    package struct Proposal: Codable, Sendable, Hashable {
        package var id: String
        package var operation: SkillPatch.Operation
        package var skills: [String]
        /// The digest of each skill that is changed, as the request had it.
        package var base: [String: String]
        package var rationale: String
        package var support: Support
        package var edits: [SkillEdit]
        /// Which lines of new files follow from what, finer than an edit says it.
        package var provenance: [LineEvidence]
        package var applicability: Applicability
        package var capabilities: Capabilities
        /// Required by `ResponseCheck`: what predicts nothing cannot be shown wrong.
        package var predicts: Prediction?
        package var checks: [SkillCheck]
        package var confidence: Double?

        enum CodingKeys: String, CodingKey {
            case id, skills, base, rationale, support, edits, provenance, applicability, capabilities, predicts, checks,
                confidence
            case operation = "op"
        }

        package init(
            id: String,
            operation: SkillPatch.Operation,
            skills: [String],
            base: [String: String] = [:],
            rationale: String = "",
            support: Support = Support(),
            edits: [SkillEdit] = [],
            provenance: [LineEvidence] = [],
            applicability: Applicability = Applicability(),
            capabilities: Capabilities = Capabilities(),
            predicts: Prediction? = nil,
            checks: [SkillCheck] = [],
            confidence: Double? = nil
        ) {
            self.id = id
            self.operation = operation
            self.skills = skills
            self.base = base
            self.rationale = rationale
            self.support = support
            self.edits = edits
            self.provenance = provenance
            self.applicability = applicability
            self.capabilities = capabilities
            self.predicts = predicts
            self.checks = checks
            self.confidence = confidence
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            id = try members.decode(String.self, forKey: .id)
            operation = try members.decode(SkillPatch.Operation.self, forKey: .operation)
            skills = try members.decode([String].self, forKey: .skills)
            base = try members.decodeIfPresent([String: String].self, forKey: .base) ?? [:]
            rationale = try members.decodeIfPresent(String.self, forKey: .rationale) ?? ""
            support = try members.decodeIfPresent(Support.self, forKey: .support) ?? Support()
            edits = try members.decodeIfPresent([SkillEdit].self, forKey: .edits) ?? []
            provenance = try members.decodeIfPresent([LineEvidence].self, forKey: .provenance) ?? []
            applicability = try members.decodeIfPresent(Applicability.self, forKey: .applicability) ?? Applicability()
            capabilities = try members.decodeIfPresent(Capabilities.self, forKey: .capabilities) ?? Capabilities()
            predicts = try members.decodeIfPresent(Prediction.self, forKey: .predicts)
            checks = try members.decodeIfPresent([SkillCheck].self, forKey: .checks) ?? []
            confidence = try members.decodeIfPresent(Double.self, forKey: .confidence)
        }
    }

    /// The runs that speak for a proposal and those that speak against it.
    package struct Support: Codable, Sendable, Hashable {
        package var trajectories: [String]
        package var against: [String]
        package var tasks: Int?
        package var models: Int?

        enum CodingKeys: String, CodingKey {
            case trajectories, against, tasks, models
        }

        package init(trajectories: [String] = [], against: [String] = [], tasks: Int? = nil, models: Int? = nil) {
            self.trajectories = trajectories
            self.against = against
            self.tasks = tasks
            self.models = models
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            trajectories = try members.decodeIfPresent([String].self, forKey: .trajectories) ?? []
            against = try members.decodeIfPresent([String].self, forKey: .against) ?? []
            tasks = try members.decodeIfPresent(Int.self, forKey: .tasks)
            models = try members.decodeIfPresent(Int.self, forKey: .models)
        }
    }
}
