extension DistillRequest {
    /// The part of the library that concerns the request.
    package struct Library: Codable, Sendable, Hashable {
        /// Its digest, to which a proposal is tied.
        package var snapshot: String
        package var skills: [Skill]

        package init(snapshot: String, skills: [Skill]) {
            self.snapshot = snapshot
            self.skills = skills
        }
    }

    /// A skill as it is now.
    package struct Skill: Codable, Sendable, Hashable {
        package var id: String
        package var version: Int
        package var digest: String
        package var state: String
        package var tier: String
        package var files: [File]
        package var stats: Statistics

        enum CodingKeys: String, CodingKey {
            case id, version, digest, state, tier, files, stats
        }

        package init(
            id: String,
            version: Int,
            digest: String,
            state: String,
            tier: String,
            files: [File],
            stats: Statistics = Statistics()
        ) {
            self.id = id
            self.version = version
            self.digest = digest
            self.state = state
            self.tier = tier
            self.files = files
            self.stats = stats
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            id = try members.decode(String.self, forKey: .id)
            version = try members.decode(Int.self, forKey: .version)
            digest = try members.decode(String.self, forKey: .digest)
            state = try members.decode(String.self, forKey: .state)
            tier = try members.decode(String.self, forKey: .tier)
            files = try members.decode([File].self, forKey: .files)
            stats = try members.decodeIfPresent(Statistics.self, forKey: .stats) ?? Statistics()
        }
    }

    /// A file of a skill; a large one is named by its digest alone.
    package struct File: Codable, Sendable, Hashable {
        package var path: String
        package var digest: String
        /// Up to 256 KiB; else the evidence directory has it.
        package var text: String?

        package init(path: String, digest: String, text: String? = nil) {
            self.path = path
            self.digest = digest
            self.text = text
        }
    }

    /// What was seen of a skill since it is in the library.
    package struct Statistics: Codable, Sendable, Hashable {
        package var mounted: Int
        package var opened: Int
        package var followed: Int
        package var credit: Credit
        /// The moving average of what the library loses without it.
        package var leaveOneOutAverage: Double?
        /// Audits in a row that left the average below the bound of retirement.
        package var leaveOneOutBelow: Int
        /// The e-value of the harm process.
        package var harmEvidence: Double?
        /// Uses by environment and role, with the runs without a skill that match them.
        package var contexts: [Context]

        enum CodingKeys: String, CodingKey {
            case mounted, opened, followed, credit, contexts
            case leaveOneOutAverage = "loso_ema"
            case leaveOneOutBelow = "loso_below"
            case harmEvidence = "harm_e"
        }

        package init(
            mounted: Int = 0,
            opened: Int = 0,
            followed: Int = 0,
            credit: Credit = Credit(),
            leaveOneOutAverage: Double? = nil,
            leaveOneOutBelow: Int = 0,
            harmEvidence: Double? = nil,
            contexts: [Context] = []
        ) {
            self.mounted = mounted
            self.opened = opened
            self.followed = followed
            self.credit = credit
            self.leaveOneOutAverage = leaveOneOutAverage
            self.leaveOneOutBelow = leaveOneOutBelow
            self.harmEvidence = harmEvidence
            self.contexts = contexts
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            mounted = try members.decodeIfPresent(Int.self, forKey: .mounted) ?? 0
            opened = try members.decodeIfPresent(Int.self, forKey: .opened) ?? 0
            followed = try members.decodeIfPresent(Int.self, forKey: .followed) ?? 0
            credit = try members.decodeIfPresent(Credit.self, forKey: .credit) ?? Credit()
            leaveOneOutAverage = try members.decodeIfPresent(Double.self, forKey: .leaveOneOutAverage)
            leaveOneOutBelow = try members.decodeIfPresent(Int.self, forKey: .leaveOneOutBelow) ?? 0
            harmEvidence = try members.decodeIfPresent(Double.self, forKey: .harmEvidence)
            contexts = try members.decodeIfPresent([Context].self, forKey: .contexts) ?? []
        }
    }

    /// Pairs of runs with and without the skill that ended differently.
    package struct Credit: Codable, Sendable, Hashable {
        /// Failed without, passed with.
        package var repairs: Int
        /// Passed without, failed with.
        package var regressions: Int

        enum CodingKeys: String, CodingKey {
            case repairs, regressions
        }

        package init(repairs: Int = 0, regressions: Int = 0) {
            self.repairs = repairs
            self.regressions = regressions
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            repairs = try members.decodeIfPresent(Int.self, forKey: .repairs) ?? 0
            regressions = try members.decodeIfPresent(Int.self, forKey: .regressions) ?? 0
        }
    }

    /// How a skill's uses ended in one place, and runs of the same tasks without it.
    package struct Context: Codable, Sendable, Hashable {
        package var environment: String
        package var role: String
        package var uses: Int
        package var failures: Int
        package var matchedRuns: Int
        package var matchedFailures: Int

        enum CodingKeys: String, CodingKey {
            case environment, role, uses, failures
            case matchedRuns = "matched_runs"
            case matchedFailures = "matched_failures"
        }

        package init(
            environment: String,
            role: String,
            uses: Int,
            failures: Int,
            matchedRuns: Int = 0,
            matchedFailures: Int = 0
        ) {
            self.environment = environment
            self.role = role
            self.uses = uses
            self.failures = failures
            self.matchedRuns = matchedRuns
            self.matchedFailures = matchedFailures
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            environment = try members.decode(String.self, forKey: .environment)
            role = try members.decode(String.self, forKey: .role)
            uses = try members.decode(Int.self, forKey: .uses)
            failures = try members.decode(Int.self, forKey: .failures)
            matchedRuns = try members.decodeIfPresent(Int.self, forKey: .matchedRuns) ?? 0
            matchedFailures = try members.decodeIfPresent(Int.self, forKey: .matchedFailures) ?? 0
        }
    }
}
