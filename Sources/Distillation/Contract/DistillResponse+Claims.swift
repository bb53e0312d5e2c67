package import Skills

extension DistillResponse {
    /// Where the skill is to be offered.
    package struct Applicability: Codable, Sendable, Hashable {
        package var include: Filter
        package var exclude: Filter

        enum CodingKeys: String, CodingKey, CaseIterable {
            case include, exclude
        }

        package init(include: Filter = Filter(), exclude: Filter = Filter()) {
            self.include = include
            self.exclude = exclude
        }

        package init(from decoder: any Decoder) throws {
            try decoder.refuseKeys(except: CodingKeys.self)
            let members = try decoder.container(keyedBy: CodingKeys.self)
            include = try members.decodeIfPresent(Filter.self, forKey: .include) ?? Filter()
            exclude = try members.decodeIfPresent(Filter.self, forKey: .exclude) ?? Filter()
        }
    }

    /// A condition for each kind of context; an empty one holds everywhere.
    package struct Filter: Codable, Sendable, Hashable {
        package var families: [String]
        package var roles: [String]
        package var environments: [String]
        package var models: [String]
        package var files: [String]
        package var tools: [String]

        enum CodingKeys: String, CodingKey, CaseIterable {
            case families, roles, environments, models, files, tools
        }

        package init(
            families: [String] = [],
            roles: [String] = [],
            environments: [String] = [],
            models: [String] = [],
            files: [String] = [],
            tools: [String] = []
        ) {
            self.families = families
            self.roles = roles
            self.environments = environments
            self.models = models
            self.files = files
            self.tools = tools
        }

        package init(from decoder: any Decoder) throws {
            try decoder.refuseKeys(except: CodingKeys.self)
            let members = try decoder.container(keyedBy: CodingKeys.self)
            families = try members.decodeIfPresent([String].self, forKey: .families) ?? []
            roles = try members.decodeIfPresent([String].self, forKey: .roles) ?? []
            environments = try members.decodeIfPresent([String].self, forKey: .environments) ?? []
            models = try members.decodeIfPresent([String].self, forKey: .models) ?? []
            files = try members.decodeIfPresent([String].self, forKey: .files) ?? []
            tools = try members.decodeIfPresent([String].self, forKey: .tools) ?? []
        }
    }

    /// What following the skill needs; more than that is refused when it is seen.
    package struct Capabilities: Codable, Sendable, Hashable {
        package var exec: [String]
        package var read: [String]
        package var write: [String]
        package var network: [String]

        enum CodingKeys: String, CodingKey, CaseIterable {
            case exec, read, write, network
        }

        package init(exec: [String] = [], read: [String] = [], write: [String] = [], network: [String] = []) {
            self.exec = exec
            self.read = read
            self.write = write
            self.network = network
        }

        package init(from decoder: any Decoder) throws {
            try decoder.refuseKeys(except: CodingKeys.self)
            let members = try decoder.container(keyedBy: CodingKeys.self)
            exec = try members.decodeIfPresent([String].self, forKey: .exec) ?? []
            read = try members.decodeIfPresent([String].self, forKey: .read) ?? []
            write = try members.decodeIfPresent([String].self, forKey: .write) ?? []
            network = try members.decodeIfPresent([String].self, forKey: .network) ?? []
        }
    }

    /// The effect by which the proposal is to be judged.
    package struct Prediction: Codable, Sendable, Hashable {
        package var metric: String
        package var direction: Direction
        package var tasks: [String]
        package var tokensDelta: Int?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case metric, direction, tasks
            case tokensDelta = "tokens_delta"
        }

        package init(metric: String, direction: Direction, tasks: [String] = [], tokensDelta: Int? = nil) {
            self.metric = metric
            self.direction = direction
            self.tasks = tasks
            self.tokensDelta = tokensDelta
        }

        package init(from decoder: any Decoder) throws {
            try decoder.refuseKeys(except: CodingKeys.self)
            let members = try decoder.container(keyedBy: CodingKeys.self)
            metric = try members.decode(String.self, forKey: .metric)
            direction = try members.decode(Direction.self, forKey: .direction)
            tasks = try members.decodeIfPresent([String].self, forKey: .tasks) ?? []
            tokensDelta = try members.decodeIfPresent(Int.self, forKey: .tokensDelta)
        }

        /// Where verdicts are to go; nil where another metric is predicted.
        package var ofPass: Direction? { metric == "pass" ? direction : nil }
    }

    /// Lines of a file that the proposal creates, counted from 1, and what they follow from.
    package struct LineEvidence: Codable, Sendable, Hashable {
        package var file: String
        package var first: Int
        package var last: Int
        package var kind: SkillEdit.Kind
        package var evidence: [String]

        enum CodingKeys: String, CodingKey, CaseIterable {
            case file, first, last, kind, evidence
        }

        package init(file: String, first: Int, last: Int, kind: SkillEdit.Kind, evidence: [String]) {
            self.file = file
            self.first = first
            self.last = last
            self.kind = kind
            self.evidence = evidence
        }

        package init(from decoder: any Decoder) throws {
            try decoder.refuseKeys(except: CodingKeys.self)
            let members = try decoder.container(keyedBy: CodingKeys.self)
            file = try members.decode(String.self, forKey: .file)
            first = try members.decode(Int.self, forKey: .first)
            last = try members.decode(Int.self, forKey: .last)
            kind = try members.decode(SkillEdit.Kind.self, forKey: .kind)
            evidence = try members.decode([String].self, forKey: .evidence)
        }
    }

    package typealias Direction = SkillProposal.Direction

    /// A program that shows whether the skill's result is there.
    package struct SkillCheck: Codable, Sendable, Hashable {
        package var id: String
        package var run: [String]
        package var expect: Expectation

        enum CodingKeys: String, CodingKey, CaseIterable {
            case id, run, expect
        }

        package init(id: String, run: [String], expect: Expectation = Expectation()) {
            self.id = id
            self.run = run
            self.expect = expect
        }

        package init(from decoder: any Decoder) throws {
            try decoder.refuseKeys(except: CodingKeys.self)
            let members = try decoder.container(keyedBy: CodingKeys.self)
            id = try members.decode(String.self, forKey: .id)
            run = try members.decode([String].self, forKey: .run)
            expect = try members.decodeIfPresent(Expectation.self, forKey: .expect) ?? Expectation()
        }
    }

    /// What a check's program must do.
    package struct Expectation: Codable, Sendable, Hashable {
        package var exit: Int

        enum CodingKeys: String, CodingKey, CaseIterable {
            case exit
        }

        package init(exit: Int = 0) {
            self.exit = exit
        }

        package init(from decoder: any Decoder) throws {
            try decoder.refuseKeys(except: CodingKeys.self)
            let members = try decoder.container(keyedBy: CodingKeys.self)
            exit = try members.decodeIfPresent(Int.self, forKey: .exit) ?? 0
        }
    }
}
