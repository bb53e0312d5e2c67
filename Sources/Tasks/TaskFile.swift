import Documents
import Wire

/// `task.toml` as written, schema 1.0 to 1.4.
struct TaskFile: Decodable {
    let schemaVersion: String
    let source: String?
    let package: Package?
    let metadata: DocumentValue
    let agent: AgentPhase
    let verifier: VerifierPhase
    let environment: EnvironmentDefinition
    let solutionVariables: [String: String]
    let artifacts: [ArtifactDeclaration]
    let steps: [TaskStep]
    let rewardStrategy: RewardStrategy

    /// The `[task]` table.
    struct Package: Decodable {
        let name: String
        let version: String?
        let description: String

        private enum CodingKeys: String, CodingKey {
            case name, version, description
        }

        init(from decoder: any Decoder) throws {
            let table = try decoder.container(keyedBy: CodingKeys.self)
            name = try table.decode(String.self, forKey: .name)
            version = try table.decodeIfPresent(TextOrNumber.self, forKey: .version)?.text
            description = try table.decodeIfPresent(String.self, forKey: .description) ?? ""
        }
    }

    private enum CodingKeys: String, CodingKey {
        case version, source, task, metadata, agent, verifier, environment, solution, artifacts, steps
        case schemaVersion = "schema_version"
        case rewardStrategy = "multi_step_reward_strategy"
    }

    private struct Solution: Decodable {
        let variables: [String: String]

        private enum CodingKeys: String, CodingKey {
            case env
        }

        init(from decoder: any Decoder) throws {
            variables = try decoder.container(keyedBy: CodingKeys.self).variables(.env)
        }
    }

    init(from decoder: any Decoder) throws {
        let table = try decoder.container(keyedBy: CodingKeys.self)
        let newer = try table.decodeIfPresent(TextOrNumber.self, forKey: .schemaVersion)
        schemaVersion = try (newer ?? table.decodeIfPresent(TextOrNumber.self, forKey: .version))?.text ?? "1.4"
        source = try table.decodeIfPresent(String.self, forKey: .source)
        package = try table.decodeIfPresent(Package.self, forKey: .task)
        metadata = try table.decodeIfPresent(DocumentValue.self, forKey: .metadata) ?? .table([:])
        agent = try table.decodeIfPresent(AgentPhase.self, forKey: .agent) ?? .unstated
        verifier = try table.decodeIfPresent(VerifierPhase.self, forKey: .verifier) ?? .unstated
        environment = try table.decodeIfPresent(EnvironmentDefinition.self, forKey: .environment) ?? .unstated
        solutionVariables = try table.decodeIfPresent(Solution.self, forKey: .solution)?.variables ?? [:]
        artifacts = try table.decodeIfPresent([ArtifactDeclaration].self, forKey: .artifacts) ?? []
        steps = try table.decodeIfPresent([TaskStep].self, forKey: .steps) ?? []
        let names = steps.map { StepName.key($0.name) }
        if let twice = steps.first(where: { step in names.count { $0 == StepName.key(step.name) } > 1 }) {
            throw table.invalid(.steps, "two of them are called '\(twice.name)' (upper and lower case are one)")
        }
        let strategy = try table.decodeIfPresent(String.self, forKey: .rewardStrategy)
        guard let known = strategy.map(RewardStrategy.init(rawValue:)) ?? .mean else {
            throw table.invalid(.rewardStrategy, "is '\(strategy ?? "")'; use \"mean\" or \"final\"")
        }
        rewardStrategy = known
    }
}

/// A version that somebody may have written without quotes.
private struct TextOrNumber: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            text = "\(number)"
        } else {
            text = try container.decode(String.self)
        }
    }
}
