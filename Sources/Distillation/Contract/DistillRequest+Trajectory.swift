package import Wire

extension DistillRequest {
    /// One run: its task, its actions, and what the verifier found.
    package struct Trajectory: Codable, Sendable, Hashable {
        package var id: String
        /// For distillers that keep the order of time.
        package var started: Timestamp?
        package var task: Task
        package var agent: Agent
        package var environment: Environment
        package var skills: SkillUse
        package var actions: [Action]
        package var evidence: Evidence
        package var compact: Compact?

        enum CodingKeys: String, CodingKey {
            case id, started, task, agent, environment, skills, actions, evidence, compact
        }

        package init(
            id: String,
            started: Timestamp? = nil,
            task: Task,
            agent: Agent,
            environment: Environment,
            skills: SkillUse = SkillUse(),
            actions: [Action],
            evidence: Evidence,
            compact: Compact? = nil
        ) {
            self.id = id
            self.started = started
            self.task = task
            self.agent = agent
            self.environment = environment
            self.skills = skills
            self.actions = actions
            self.evidence = evidence
            self.compact = compact
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            id = try members.decode(String.self, forKey: .id)
            started = try members.decodeIfPresent(Timestamp.self, forKey: .started)
            task = try members.decode(Task.self, forKey: .task)
            agent = try members.decode(Agent.self, forKey: .agent)
            environment = try members.decode(Environment.self, forKey: .environment)
            skills = try members.decodeIfPresent(SkillUse.self, forKey: .skills) ?? SkillUse()
            actions = try members.decode([Action].self, forKey: .actions)
            evidence = try members.decode(Evidence.self, forKey: .evidence)
            compact = try members.decodeIfPresent(Compact.self, forKey: .compact)
        }
    }

    /// What was to be done, as the agent was told.
    package struct Task: Codable, Sendable, Hashable {
        package var id: String
        package var family: String
        package var role: String
        package var instruction: String
        package var publicChecks: [String]

        enum CodingKeys: String, CodingKey {
            case id, family, role, instruction
            case publicChecks = "public_checks"
        }

        package init(id: String, family: String, role: String, instruction: String, publicChecks: [String] = []) {
            self.id = id
            self.family = family
            self.role = role
            self.instruction = instruction
            self.publicChecks = publicChecks
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            id = try members.decode(String.self, forKey: .id)
            family = try members.decode(String.self, forKey: .family)
            role = try members.decode(String.self, forKey: .role)
            instruction = try members.decode(String.self, forKey: .instruction)
            publicChecks = try members.decodeIfPresent([String].self, forKey: .publicChecks) ?? []
        }
    }

    /// Who did it.
    package struct Agent: Codable, Sendable, Hashable {
        package var model: String
        package var harness: String
        package var seed: UInt64?

        package init(model: String, harness: String, seed: UInt64? = nil) {
            self.model = model
            self.harness = harness
            self.seed = seed
        }
    }

    /// Where it was done.
    package struct Environment: Codable, Sendable, Hashable {
        package var image: String
        /// As `name@version`.
        package var tools: [String]
        package var facts: [Fact]

        enum CodingKeys: String, CodingKey {
            case image, tools
            case facts = "env_facts"
        }

        package init(image: String, tools: [String] = [], facts: [Fact] = []) {
            self.image = image
            self.tools = tools
            self.facts = facts
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            image = try members.decode(String.self, forKey: .image)
            tools = try members.decodeIfPresent([String].self, forKey: .tools) ?? []
            facts = try members.decodeIfPresent([Fact].self, forKey: .facts) ?? []
        }
    }

    /// Something that holds in the environment.
    package struct Fact: Codable, Sendable, Hashable {
        package var id: String
        package var key: String
        package var value: JSONValue

        enum CodingKeys: String, CodingKey {
            case id
            case key = "k"
            case value = "v"
        }

        package init(id: String, key: String, value: JSONValue) {
            self.id = id
            self.key = key
            self.value = value
        }
    }

    /// Skills that the run had, as `id@version`.
    package struct SkillUse: Codable, Sendable, Hashable {
        package var mounted: [String]
        /// From file-open evidence.
        package var opened: [Opening]

        enum CodingKeys: String, CodingKey {
            case mounted, opened
        }

        package init(mounted: [String] = [], opened: [Opening] = []) {
            self.mounted = mounted
            self.opened = opened
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            mounted = try members.decodeIfPresent([String].self, forKey: .mounted) ?? []
            opened = try members.decodeIfPresent([Opening].self, forKey: .opened) ?? []
        }
    }

    /// A skill was opened in an action.
    package struct Opening: Codable, Sendable, Hashable {
        package var skill: String
        package var action: String

        package init(skill: String, action: String) {
            self.skill = skill
            self.action = action
        }
    }

    /// A short text of the run.
    package struct Compact: Codable, Sendable, Hashable {
        package var text: String
        package var rule: String
        package var tokens: Int

        package init(text: String, rule: String, tokens: Int) {
            self.text = text
            self.rule = rule
            self.tokens = tokens
        }
    }
}
