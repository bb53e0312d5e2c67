/// One decision of the gate, as its record shows it.
package struct GateStep: Codable, Sendable, Hashable {
    /// 1 to 12.
    package var stage: Int
    package var name: String
    /// What the stage answers.
    package var question: String
    /// `passed`, `failed`, `skipped` or `waiting`.
    package var outcome: String
    package var reason: String
    /// What was measured, by name.
    package var figures: [String: Double]
    /// What was judged, by name.
    package var digests: [String: String]
    /// nil for what is not recorded: a dry run's.
    package var at: Timestamp?
    /// The version that was judged.
    package var skill: String
    /// The decisions of one run have one name.
    package var run: String

    package init(
        stage: Int,
        name: String,
        question: String,
        outcome: String,
        reason: String,
        figures: [String: Double],
        digests: [String: String],
        at: Timestamp?,
        skill: String,
        run: String
    ) {
        self.stage = stage
        self.name = name
        self.question = question
        self.outcome = outcome
        self.reason = reason
        self.figures = figures
        self.digests = digests
        self.at = at
        self.skill = skill
        self.run = run
    }
}

/// Leads a version through the gate's stages, in order, until one stops it.
///
/// `skill.gateProgress` notifications come before the reply. Ends with the connection; what was decided stays, and the same call takes
/// up a test that was cut off.
package enum SkillGate: Method {
    package static let name = "skill.gate"
    package struct Params: Codable, Sendable {
        package var reference: String
        /// Uploaded tasks that it was not learnt from; its `skills` count for nothing here.
        package var tasks: [JobTask]
        /// Who works on them, with the version and without; nil runs nothing.
        package var agent: AgentSpec?
        /// Runs of each task on either side.
        package var attempts: Int
        /// The error budget of the library's whole life.
        package var alpha: Double
        /// The true gain that the test is to find, as a share.
        package var gain: Double
        /// The order of the runs follows from it.
        package var seed: Int
        package var options: JobPlan.Options
        /// Values of the host variables that the tasks' templates name; neither stored nor exported.
        package var templates: [String: String]
        /// Two jobs that were run already, instead of tasks and agent: they must differ in the version only.
        package var with: String?
        package var without: String?
        /// Says what it can without running anything, and records nothing.
        package var dryRun: Bool

        package init(
            reference: String,
            tasks: [JobTask] = [],
            agent: AgentSpec? = nil,
            attempts: Int = 2,
            alpha: Double = 0.05,
            gain: Double = 0.07,
            seed: Int = 1,
            options: JobPlan.Options = JobPlan.Options(),
            templates: [String: String] = [:],
            with: String? = nil,
            without: String? = nil,
            dryRun: Bool = false
        ) {
            self.reference = reference
            self.tasks = tasks
            self.agent = agent
            self.attempts = attempts
            self.alpha = alpha
            self.gain = gain
            self.seed = seed
            self.options = options
            self.templates = templates
            self.with = with
            self.without = without
            self.dryRun = dryRun
        }

        /// Only `reference` must be there; the rest has its defaults.
        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                reference: try members.decode(String.self, forKey: .reference),
                tasks: try members.decodeIfPresent([JobTask].self, forKey: .tasks) ?? [],
                agent: try members.decodeIfPresent(AgentSpec.self, forKey: .agent),
                attempts: try members.decodeIfPresent(Int.self, forKey: .attempts) ?? 2,
                alpha: try members.decodeIfPresent(Double.self, forKey: .alpha) ?? 0.05,
                gain: try members.decodeIfPresent(Double.self, forKey: .gain) ?? 0.07,
                seed: try members.decodeIfPresent(Int.self, forKey: .seed) ?? 1,
                options: try members.decodeIfPresent(JobPlan.Options.self, forKey: .options) ?? JobPlan.Options(),
                templates: try members.decodeIfPresent([String: String].self, forKey: .templates) ?? [:],
                with: try members.decodeIfPresent(String.self, forKey: .with),
                without: try members.decodeIfPresent(String.self, forKey: .without),
                dryRun: try members.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
            )
        }
    }
    package struct Result: Codable, Sendable {
        /// As it is now.
        package var skill: SkillRow
        /// How many tasks the comparison needs, said before it began.
        package var advice: String
        package var steps: [GateStep]
        /// Every stage let it through: agents are given it.
        package var passed: Bool
        package init(skill: SkillRow, advice: String, steps: [GateStep], passed: Bool) {
            self.skill = skill
            self.advice = advice
            self.steps = steps
            self.passed = passed
        }
    }
}

/// What the gate is about: a decision, the advice before it begins, or a job that runs or goes on.
package enum SkillGateProgress: NotificationKind {
    package static let name = "skill.gateProgress"
    package struct Params: Codable, Sendable {
        package var skill: String
        package var step: GateStep?
        package var advice: String?
        /// The job of replays that has begun, or goes on.
        package var job: String?
        /// With `job`: it is that of a run that was cut off.
        package var takenUp: TakenUp?
        package init(
            skill: String,
            step: GateStep? = nil,
            advice: String? = nil,
            job: String? = nil,
            takenUp: TakenUp? = nil
        ) {
            self.skill = skill
            self.step = step
            self.advice = advice
            self.job = job
            self.takenUp = takenUp
        }
    }

    /// What an earlier run had come to.
    package struct TakenUp: Codable, Sendable, Hashable {
        /// When its test began.
        package var begunAt: Timestamp
        /// Trials that had ended, and count.
        package var ended: Int
        package var trials: Int
        package init(begunAt: Timestamp, ended: Int, trials: Int) {
            self.begunAt = begunAt
            self.ended = ended
            self.trials = trials
        }
    }
}
