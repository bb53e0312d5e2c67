extension DistillRequest {
    /// The limits of a response, which the host checks afterwards.
    package struct Policy: Codable, Sendable, Hashable {
        package var split: Split
        package var feedback: Feedback
        /// In one proposal.
        package var maxEdits: Int
        package var maxNewSkills: Int
        package var maxSkillLines: Int
        package var maxReferenceLines: Int
        /// Characters divided by four.
        package var maxBodyTokens: Int
        package var frontMatterLocked: Bool
        /// Runs that must show what a proposal says.
        package var minSupport: Int
        /// Lets the gate test for leaks without telling the literals.
        package var forbiddenLiteralsDigest: String?

        enum CodingKeys: String, CodingKey {
            case split, feedback
            case maxEdits = "max_edits"
            case maxNewSkills = "max_new_skills"
            case maxSkillLines = "max_skill_lines"
            case maxReferenceLines = "max_ref_lines"
            case maxBodyTokens = "max_body_tokens"
            case frontMatterLocked = "frontmatter_locked"
            case minSupport = "min_support"
            case forbiddenLiteralsDigest = "forbid_literals_digest"
        }

        package init(
            split: Split = .train,
            feedback: Feedback = .publicChecks,
            maxEdits: Int = 4,
            maxNewSkills: Int = 1,
            maxSkillLines: Int = 500,
            maxReferenceLines: Int = 300,
            maxBodyTokens: Int = 5000,
            frontMatterLocked: Bool = true,
            minSupport: Int = 2,
            forbiddenLiteralsDigest: String? = nil
        ) {
            self.split = split
            self.feedback = feedback
            self.maxEdits = maxEdits
            self.maxNewSkills = maxNewSkills
            self.maxSkillLines = maxSkillLines
            self.maxReferenceLines = maxReferenceLines
            self.maxBodyTokens = maxBodyTokens
            self.frontMatterLocked = frontMatterLocked
            self.minSupport = minSupport
            self.forbiddenLiteralsDigest = forbiddenLiteralsDigest
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            split = try members.decodeIfPresent(Split.self, forKey: .split) ?? .train
            feedback = try members.decodeIfPresent(Feedback.self, forKey: .feedback) ?? .publicChecks
            maxEdits = try members.decodeIfPresent(Int.self, forKey: .maxEdits) ?? 4
            maxNewSkills = try members.decodeIfPresent(Int.self, forKey: .maxNewSkills) ?? 1
            maxSkillLines = try members.decodeIfPresent(Int.self, forKey: .maxSkillLines) ?? 500
            maxReferenceLines = try members.decodeIfPresent(Int.self, forKey: .maxReferenceLines) ?? 300
            maxBodyTokens = try members.decodeIfPresent(Int.self, forKey: .maxBodyTokens) ?? 5000
            frontMatterLocked = try members.decodeIfPresent(Bool.self, forKey: .frontMatterLocked) ?? true
            minSupport = try members.decodeIfPresent(Int.self, forKey: .minSupport) ?? 2
            forbiddenLiteralsDigest = try members.decodeIfPresent(String.self, forKey: .forbiddenLiteralsDigest)
        }
    }

    /// Where the runs are from; a request of anything else cannot be written.
    package enum Split: String, Codable, Sendable, Hashable, CaseIterable {
        case train
    }

    /// How much of the verifier's answer the request tells.
    package enum Feedback: String, Codable, Sendable, Hashable, CaseIterable {
        case none
        case binary
        case publicChecks = "public"
        case process
    }

    /// What the distillation may use up.
    package struct Budget: Codable, Sendable, Hashable {
        package var wallSeconds: Double
        package var cpuSeconds: Double
        package var memoryMegabytes: Int
        package var modelTokens: Int
        package var modelCalls: Int
        /// Runs that the host repeats when it is asked to.
        package var replays: Int

        enum CodingKeys: String, CodingKey {
            case replays
            case wallSeconds = "wall_s"
            case cpuSeconds = "cpu_s"
            case memoryMegabytes = "mem_mb"
            case modelTokens = "model_tokens"
            case modelCalls = "model_calls"
        }

        package init(
            wallSeconds: Double,
            cpuSeconds: Double,
            memoryMegabytes: Int,
            modelTokens: Int = 0,
            modelCalls: Int = 0,
            replays: Int = 0
        ) {
            self.wallSeconds = wallSeconds
            self.cpuSeconds = cpuSeconds
            self.memoryMegabytes = memoryMegabytes
            self.modelTokens = modelTokens
            self.modelCalls = modelCalls
            self.replays = replays
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            wallSeconds = try members.decode(Double.self, forKey: .wallSeconds)
            cpuSeconds = try members.decode(Double.self, forKey: .cpuSeconds)
            memoryMegabytes = try members.decode(Int.self, forKey: .memoryMegabytes)
            modelTokens = try members.decodeIfPresent(Int.self, forKey: .modelTokens) ?? 0
            modelCalls = try members.decodeIfPresent(Int.self, forKey: .modelCalls) ?? 0
            replays = try members.decodeIfPresent(Int.self, forKey: .replays) ?? 0
        }
    }
}
