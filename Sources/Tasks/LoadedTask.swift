import Documents
import FoundationEssentials

/// A task directory, read and understood.
package struct LoadedTask: Sendable {
    package let definition: TaskDefinition
    package let warnings: [TaskWarning]
    /// Harbor's digest, and the files that it covers.
    package let digest: TaskDigest
    /// Those of the steps, if there are any.
    let stageDefinitions: [TaskDefinition]

    init(
        definition: TaskDefinition,
        warnings: [TaskWarning],
        digest: TaskDigest,
        stageDefinitions: [TaskDefinition] = []
    ) {
        self.definition = definition
        self.warnings = warnings
        self.digest = digest
        self.stageDefinitions = stageDefinitions
    }

    /// Bytes that `task.toml` and `instruction.md` may each have.
    private static let maximumTextBytes = 1 << 20

    /// Reads the directory that holds a `task.toml`, without changing anything.
    ///
    /// `directoryName` names a task that has no name of its own; nil takes the directory's.
    package static func load(directory path: String, directoryName: String? = nil) throws(TaskError) -> LoadedTask {
        let directory = try TaskDirectory(path)
        guard directory.kind(of: "task.toml") != nil else {
            throw .missing(
                file: "task.toml",
                remedy: "\(path) is no task directory; `executorctl task init` writes one to start from"
            )
        }
        let bytes = try directory.read("task.toml", limit: maximumTextBytes)
        let (file, keys) = try parse(bytes)
        let digest = try TaskDigest(of: directory)
        let contents = TaskContents(of: directory, digest: digest)
        let ownName = file.package.flatMap { TaskName.isValid($0.name) ? $0.name : nil }
        let definition = TaskDefinition(
            name: ownName ?? directoryName ?? directory.name,
            version: file.package?.version,
            description: file.package?.description ?? "",
            schemaVersion: file.schemaVersion,
            source: file.source,
            instruction: file.steps.isEmpty ? try instruction(in: directory) : "",
            agent: file.agent,
            verifier: file.verifier,
            verifierImage: file.verifier.environment?.dockerImage.map { .named($0) }
                ?? (contents.hasVerifierImage ? .built : .ofTask),
            environment: file.environment,
            solutionVariables: file.solutionVariables,
            artifacts: file.artifacts,
            metadataJSON: json(file.metadata),
            steps: file.steps,
            rewardStrategy: file.rewardStrategy,
            stage: nil,
            contents: contents
        )
        let stages = try stages(of: definition, in: directory)
        guard definition.environment.dockerImage != nil || directory.kind(of: "environment") == .directory else {
            throw .missing(
                file: "environment/",
                remedy: "make it, or name an image by docker_image in [environment] of task.toml"
            )
        }
        for one in stages.isEmpty ? [definition] : stages { try check(one) }
        return LoadedTask(
            definition: definition,
            warnings: KnownKeys.warnings(about: keys)
                + warnings(about: definition, stages, statedName: file.package?.name),
            digest: digest,
            stageDefinitions: stages
        )
    }

    private static func parse(_ bytes: [UInt8]) throws(TaskError) -> (TaskFile, DocumentValue) {
        do throws(DocumentError) {
            let document = try TOMLDocument(bytes, file: "task.toml")
            return (try document.decode(TaskFile.self), try document.decode(DocumentValue.self))
        } catch {
            throw .document(error)
        }
    }

    private static func stages(
        of task: TaskDefinition,
        in directory: TaskDirectory
    ) throws(TaskError) -> [TaskDefinition] {
        var stages: [TaskDefinition] = []
        for (index, step) in task.steps.enumerated() {
            let text = try instruction(in: directory, place: "steps/\(step.name)/")
            stages.append(task.stage(index, in: directory, instruction: text))
        }
        return stages
    }

    private static func instruction(in directory: TaskDirectory, place: String = "") throws(TaskError) -> String {
        let path = place + "instruction.md"
        guard directory.kind(of: path) != nil else {
            throw .missing(file: path, remedy: "write there what the agent is to do")
        }
        return Instruction.withoutCanary(try directory.text(path, limit: maximumTextBytes))
    }

    /// What Harbor too insists on before it calls a directory a task.
    private static func check(_ task: TaskDefinition) throws(TaskError) {
        let bundled = task.verifiesSeparately() && task.verifierImage != .ofTask
        let windows = (task.verifier.environment ?? task.environment).isWindows
        guard task.contents.hasTestScript || bundled || windows else {
            throw .missing(
                file: task.stage.map { "steps/\($0.name)/tests/test.sh" } ?? "tests/test.sh",
                remedy: "write there the check that puts a number into /logs/verifier/reward.txt"
            )
        }
    }

    private static func warnings(
        about task: TaskDefinition,
        _ stages: [TaskDefinition],
        statedName: String?
    ) -> [TaskWarning] {
        var warnings: [TaskWarning] = []
        if let statedName, statedName != task.name {
            let message = "task.toml: task.name '\(statedName)' is not like org/name (letters, digits, '.', '_', '-'); "
            warnings.append(TaskWarning(kind: .unusableName, message: message + "the task is called '\(task.name)'"))
        }
        if task.environment.network == nil {
            let message = "task.toml: [environment] does not say what network it needs; it gets none "
            warnings.append(
                TaskWarning(
                    kind: .networkDefaulted,
                    message: message + "(Harbor would give it all; network_mode = \"no-network\" says so plainly)"
                )
            )
        }
        if !task.environment.mcpServers.isEmpty {
            let names = task.environment.mcpServers.joined(separator: ", ")
            warnings.append(
                TaskWarning(
                    kind: .mcpServersIgnored,
                    message: "task.toml: the MCP servers (\(names)) are given to no agent"
                )
            )
        }
        for one in stages.isEmpty ? [task] : stages where !one.contents.hasSolution {
            let place = one.stage.map { "steps/\($0.name)/" } ?? ""
            warnings.append(
                TaskWarning(
                    kind: .noSolution,
                    message: "\(place)solution/solve.sh is missing: the oracle cannot show that the task can be solved"
                )
            )
        }
        return warnings
    }

    private static func json(_ metadata: DocumentValue) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(metadata) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
