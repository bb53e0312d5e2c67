/// A task as executord understands it: defaults filled in, older spellings resolved, templates still unresolved.
package struct TaskDefinition: Sendable, Hashable {
    /// From `[task].name`, else the directory's name.
    package let name: String
    package let version: String?
    package let description: String
    package let schemaVersion: String
    /// Free text on where the task comes from; copied to results.
    package let source: String?
    /// The prompt, without canary lines; empty for a task of several steps.
    package let instruction: String
    package let agent: AgentPhase
    package let verifier: VerifierPhase
    package let environment: EnvironmentDefinition
    /// Variables of the oracle; values may be host templates.
    package let solutionVariables: [String: String]
    package let artifacts: [ArtifactDeclaration]
    /// The free `[metadata]` table as a JSON object with sorted keys.
    package let metadataJSON: String
    /// Names of the `[[steps]]`; empty for a task of one step.
    package let stepNames: [String]
    package let contents: TaskContents

    /// Names of the host variables that templates of the task ask for, without those that have a default.
    package var requiredVariables: [String] { templateNames(withDefaults: false) }

    /// Names of the host variables that templates of the task mention.
    package var templateVariables: [String] { templateNames(withDefaults: true) }

    private func templateNames(withDefaults: Bool) -> [String] {
        let groups = [
            environment.variables, verifier.variables, solutionVariables, verifier.environment?.variables ?? [:],
        ]
        let templates = groups.flatMap { HostTemplate.templates(in: $0).values }
        return Set(templates.filter { withDefaults || $0.fallback == nil }.map(\.variable)).sorted()
    }

    /// Verification in an environment of its own that gets declared artifacts only.
    package var verifiesSeparately: Bool { verifier.mode == .separate }
}

/// Which of the files that a task may have are there.
package struct TaskContents: Sendable, Hashable {
    package let hasDockerfile: Bool
    package let hasCompose: Bool
    /// `solution/solve.sh`, without which the oracle has nothing to do.
    package let hasSolution: Bool
    /// `tests/test.sh`.
    package let hasTestScript: Bool
    /// `tests/Dockerfile` or a compose file beside it: a separate verifier's own image.
    package let hasVerifierImage: Bool
    /// `environment/` is there and is nothing to build: its files go into the working directory.
    package let hasWorkingFiles: Bool

    init(of directory: TaskDirectory) {
        func has(_ path: String) -> Bool { directory.kind(of: path) == .file }
        let composeNames = ["docker-compose.yaml", "docker-compose.yml", "compose.yaml", "compose.yml"]
        hasDockerfile = has("environment/Dockerfile")
        hasCompose = composeNames.contains { has("environment/" + $0) }
        hasSolution = has("solution/solve.sh")
        hasTestScript = has("tests/test.sh")
        hasVerifierImage = has("tests/Dockerfile") || composeNames.contains { has("tests/" + $0) }
        hasWorkingFiles = !hasDockerfile && !hasCompose && directory.kind(of: "environment") == .directory
    }
}
