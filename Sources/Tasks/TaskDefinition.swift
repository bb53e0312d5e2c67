package import Wire

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
    package let verifierImage: VerifierImage
    package private(set) var environment: EnvironmentDefinition
    /// Variables of the oracle; values may be host templates.
    package let solutionVariables: [String: String]
    package let artifacts: [ArtifactDeclaration]
    /// The free `[metadata]` table as a JSON object with sorted keys.
    package let metadataJSON: String
    /// The `[[steps]]`; empty for a task of one step.
    package let steps: [TaskStep]
    /// How the rewards of the steps become the trial's.
    package let rewardStrategy: RewardStrategy
    /// Which of the steps this definition is about; nil for the task as a whole.
    package let stage: TaskStage?
    package let contents: TaskContents

    /// Names of the host variables that templates of the task ask for, without those that have a default.
    package var requiredVariables: [String] { templateNames(withDefaults: false) }

    /// Names of the host variables that templates of the task mention.
    package var templateVariables: [String] { templateNames(withDefaults: true) }

    private func templateNames(withDefaults: Bool) -> [String] {
        let verifiers = [verifier] + steps.map(\.verifier)
        let groups =
            [environment.variables, solutionVariables] + verifiers.map(\.variables)
            + verifiers.compactMap(\.environment?.variables)
        let templates = groups.flatMap { HostTemplate.templates(in: $0).values }
        return Set(templates.filter { withDefaults || $0.fallback == nil }.map(\.variable)).sorted()
    }

    /// Whether tests run in an environment of their own that gets declared artifacts only: as the person says, else the
    /// task.
    package func verifiesSeparately(_ asked: VerifierMode = .auto) -> Bool {
        switch asked {
        case .auto: verifier.mode == .separate
        case .separate: true
        case .isolated, .shared, .none: false
        }
    }

    /// The task with the environment of a verifier that runs apart in place of its own.
    package var ofSeparateVerifier: TaskDefinition {
        var copy = self
        if let own = verifier.environment { copy.environment = own }
        return copy
    }
}

/// What a verifier that runs apart runs on.
package enum VerifierImage: Sendable, Hashable {
    /// The image of the task, fresh, with the tests added.
    case ofTask
    /// A prebuilt one that has the tests in it.
    case named(String)
    /// One with the tests in it that must be built from files in `tests/`.
    case built
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

    /// What the image is called that is built from `environment/Dockerfile`; nil without one.
    ///
    /// The name is of what is in `environment/`: when that changes, it is another image.
    package let builtImage: ImageName?

    private static let composeNames = [
        "docker-compose.yaml", "docker-compose.yml", "compose.yaml", "compose.yml",
    ]

    init(of directory: TaskDirectory, digest: TaskDigest) {
        func has(_ path: String) -> Bool { directory.kind(of: path) == .file }
        hasDockerfile = has("environment/Dockerfile")
        builtImage =
            hasDockerfile ? ImageName(ofEnvironment: digest.hex(of: "environment/")) : nil
        hasCompose = Self.composeNames.contains { has("environment/" + $0) }
        hasSolution = has("solution/solve.sh")
        hasTestScript = has("tests/test.sh")
        hasVerifierImage = has("tests/Dockerfile") || Self.composeNames.contains { has("tests/" + $0) }
        hasWorkingFiles = !hasDockerfile && !hasCompose && directory.kind(of: "environment") == .directory
    }

    /// Of one step: its own solution if there is one, its tests on top of the task's.
    init(ofStep place: String, in directory: TaskDirectory, task: TaskContents) {
        func has(_ path: String) -> Bool { directory.kind(of: place + "/" + path) == .file }
        hasDockerfile = task.hasDockerfile
        builtImage = task.builtImage
        hasCompose = task.hasCompose
        hasSolution =
            directory.kind(of: place + "/solution") == .directory ? has("solution/solve.sh") : task.hasSolution
        hasTestScript = has("tests/test.sh") || task.hasTestScript
        hasVerifierImage = has("tests/Dockerfile") || Self.composeNames.contains { has("tests/" + $0) }
        hasWorkingFiles = task.hasWorkingFiles
    }
}
