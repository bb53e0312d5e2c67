import Documents
import FoundationEssentials

/// A task directory, read and understood.
package struct LoadedTask: Sendable {
    package let definition: TaskDefinition
    package let warnings: [TaskWarning]
    /// Harbor's digest, and the files that it covers.
    package let digest: TaskDigest

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
        let contents = TaskContents(of: directory)
        let ownName = file.package.flatMap { TaskName.isValid($0.name) ? $0.name : nil }
        let definition = TaskDefinition(
            name: ownName ?? directoryName ?? directory.name,
            version: file.package?.version,
            description: file.package?.description ?? "",
            schemaVersion: file.schemaVersion,
            source: file.source,
            instruction: try instruction(in: directory, hasSteps: !file.stepNames.isEmpty),
            agent: file.agent,
            verifier: file.verifier,
            environment: file.environment,
            solutionVariables: file.solutionVariables,
            artifacts: file.artifacts,
            metadataJSON: json(file.metadata),
            stepNames: file.stepNames,
            contents: contents
        )
        try check(definition, in: directory)
        return LoadedTask(
            definition: definition,
            warnings: KnownKeys.warnings(about: keys) + warnings(about: definition, statedName: file.package?.name),
            digest: try TaskDigest(of: directory)
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

    private static func instruction(in directory: TaskDirectory, hasSteps: Bool) throws(TaskError) -> String {
        if hasSteps { return "" }
        guard directory.kind(of: "instruction.md") != nil else {
            throw .missing(file: "instruction.md", remedy: "write there what the agent is to do")
        }
        return Instruction.withoutCanary(try directory.text("instruction.md", limit: maximumTextBytes))
    }

    /// What Harbor too insists on before it calls a directory a task.
    private static func check(_ task: TaskDefinition, in directory: TaskDirectory) throws(TaskError) {
        guard task.stepNames.isEmpty else { return }
        guard task.environment.dockerImage != nil || directory.kind(of: "environment") == .directory else {
            throw .missing(
                file: "environment/",
                remedy: "make it, or name an image by docker_image in [environment] of task.toml"
            )
        }
        let bundled = task.verifiesSeparately && task.contents.hasVerifierImage
        let windows = (task.verifier.environment ?? task.environment).isWindows
        guard task.contents.hasTestScript || bundled || windows else {
            throw .missing(
                file: "tests/test.sh",
                remedy: "write there the check that puts a number into /logs/verifier/reward.txt"
            )
        }
    }

    private static func warnings(about task: TaskDefinition, statedName: String?) -> [TaskWarning] {
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
        if !task.contents.hasSolution {
            warnings.append(
                TaskWarning(
                    kind: .noSolution,
                    message: "solution/solve.sh is missing: the oracle cannot show that the task can be solved"
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
