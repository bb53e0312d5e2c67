import Documents

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
    let stepNames: [String]

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

    private struct Step: Decodable {
        let name: String
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
        stepNames = try (table.decodeIfPresent([Step].self, forKey: .steps) ?? []).map(\.name)
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
