extension DistillRequest {
    /// What the verifier found, as far as the policy lets it be told.
    package struct Evidence: Codable, Sendable, Hashable {
        package var verdict: RunVerdict
        package var reward: Double?
        package var groups: CheckGroups?
        /// Only where the verifier has process checks.
        package var outcome: OutcomeClass?
        package var checks: [Check]
        package var checkFlips: [CheckFlip]
        package var verifier: Verifier?
        package var replay: Replay?

        enum CodingKeys: String, CodingKey {
            case verdict, reward, groups, checks, verifier, replay
            case outcome = "class"
            case checkFlips = "check_flips"
        }

        package init(
            verdict: RunVerdict,
            reward: Double? = nil,
            groups: CheckGroups? = nil,
            outcome: OutcomeClass? = nil,
            checks: [Check] = [],
            checkFlips: [CheckFlip] = [],
            verifier: Verifier? = nil,
            replay: Replay? = nil
        ) {
            self.verdict = verdict
            self.reward = reward
            self.groups = groups
            self.outcome = outcome
            self.checks = checks
            self.checkFlips = checkFlips
            self.verifier = verifier
            self.replay = replay
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            verdict = try members.decode(RunVerdict.self, forKey: .verdict)
            reward = try members.decodeIfPresent(Double.self, forKey: .reward)
            groups = try members.decodeIfPresent(CheckGroups.self, forKey: .groups)
            outcome = try members.decodeIfPresent(OutcomeClass.self, forKey: .outcome)
            checks = try members.decodeIfPresent([Check].self, forKey: .checks) ?? []
            checkFlips = try members.decodeIfPresent([CheckFlip].self, forKey: .checkFlips) ?? []
            verifier = try members.decodeIfPresent(Verifier.self, forKey: .verifier)
            replay = try members.decodeIfPresent(Replay.self, forKey: .replay)
        }
    }

    /// How a run ended; `infra` never counts as a failure.
    package enum RunVerdict: String, Codable, Sendable, Hashable, CaseIterable {
        case pass
        case partial
        case fail
        case error
        case infra
    }

    /// Whether the result is right, and whether the way to it was.
    package struct CheckGroups: Codable, Sendable, Hashable {
        package var outcome: Bool?
        package var process: Bool?

        package init(outcome: Bool? = nil, process: Bool? = nil) {
            self.outcome = outcome
            self.process = process
        }
    }

    /// Outcome and process together.
    package enum OutcomeClass: String, Codable, Sendable, Hashable, CaseIterable {
        case pass
        case shortcut
        case proceduralWrong = "procedural_wrong"
        case totalFailure = "total_failure"
    }

    /// One public check; hidden ones are never delivered.
    package struct Check: Codable, Sendable, Hashable {
        package var id: String
        package var visibility: Visibility
        package var passed: Bool
        package var message: String?

        enum CodingKeys: String, CodingKey {
            case id, visibility, message
            case passed = "pass"
        }

        package init(id: String, visibility: Visibility = .everybody, passed: Bool, message: String? = nil) {
            self.id = id
            self.visibility = visibility
            self.passed = passed
            self.message = message
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            id = try members.decode(String.self, forKey: .id)
            visibility = try members.decodeIfPresent(Visibility.self, forKey: .visibility) ?? .everybody
            passed = try members.decode(Bool.self, forKey: .passed)
            message = try members.decodeIfPresent(String.self, forKey: .message)
        }
    }

    /// Who may know of a check; a hidden one cannot be written.
    package enum Visibility: String, Codable, Sendable, Hashable, CaseIterable {
        case everybody = "public"
    }

    /// The action after which a check passed.
    package struct CheckFlip: Codable, Sendable, Hashable {
        package var check: String
        package var action: String

        enum CodingKeys: String, CodingKey {
            case check
            case action = "by_action"
        }

        package init(check: String, action: String) {
            self.check = check
            self.action = action
        }
    }

    /// Which verifier said so, and how much it takes to deceive it.
    package struct Verifier: Codable, Sendable, Hashable {
        package var digest: String
        package var strength: Double?
        package var isolated: Bool?

        package init(digest: String, strength: Double? = nil, isolated: Bool? = nil) {
            self.digest = digest
            self.strength = strength
            self.isolated = isolated
        }
    }

    /// How often repeating the run gave the same verdict.
    package struct Replay: Codable, Sendable, Hashable {
        package var runs: Int
        package var agree: Int
        package var stateDigest: String?

        enum CodingKeys: String, CodingKey {
            case runs, agree
            case stateDigest = "state_digest"
        }

        package init(runs: Int, agree: Int, stateDigest: String? = nil) {
            self.runs = runs
            self.agree = agree
            self.stateDigest = stateDigest
        }
    }
}
