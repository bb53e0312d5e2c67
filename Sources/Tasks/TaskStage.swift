/// Which step a definition is about, when a task has several.
package struct TaskStage: Sendable, Hashable {
    package let name: String
    /// From 0.
    package let index: Int
    package let count: Int
    package let minimumReward: RewardGate?
    package let healthcheck: Healthcheck?
    /// `steps/<name>/workdir/`, whose files are put into the working directory before the step.
    package let hasWorkingFiles: Bool
    /// `workdir/setup.sh`, which is run then.
    package let hasSetup: Bool

    package var isLast: Bool { index == count - 1 }
}

extension LoadedTask {
    /// What is to be done, one after the other: the task itself, or each of its steps with the task's words where the step
    /// has none of its own.
    package var stages: [LoadedTask] {
        stageDefinitions.isEmpty
            ? [self]
            : stageDefinitions.map { LoadedTask(definition: $0, warnings: warnings, digest: digest) }
    }
}

extension TaskDefinition {
    /// The definition of one step's stage.
    func stage(_ index: Int, in directory: TaskDirectory, instruction: String) -> TaskDefinition {
        let step = steps[index]
        let place = "steps/\(step.name)"
        let own = TaskContents(ofStep: place, in: directory, task: contents)
        let image =
            if let name = step.verifier.environment?.dockerImage {
                VerifierImage.named(name)
            } else if own.hasVerifierImage {
                VerifierImage.built
            } else {
                verifierImage
            }
        return TaskDefinition(
            name: name,
            version: version,
            description: description,
            schemaVersion: schemaVersion,
            source: source,
            instruction: instruction,
            agent: agent.overridden(by: step.agent),
            verifier: verifier.overridden(by: step.verifier),
            verifierImage: image,
            environment: environment,
            solutionVariables: solutionVariables,
            artifacts: artifacts + step.artifacts,
            metadataJSON: metadataJSON,
            steps: steps,
            rewardStrategy: rewardStrategy,
            stage: TaskStage(
                name: step.name,
                index: index,
                count: steps.count,
                minimumReward: step.minimumReward,
                healthcheck: step.healthcheck,
                hasWorkingFiles: directory.kind(of: place + "/workdir") == .directory,
                hasSetup: directory.kind(of: place + "/workdir/setup.sh") == .file
            ),
            contents: own
        )
    }
}
