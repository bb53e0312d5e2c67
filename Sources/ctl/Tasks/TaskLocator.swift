import FoundationEssentials

/// Finds the tasks that a command line names: task directories, or directories that hold some at any depth.
enum TaskLocator {
    /// Deeper than this no task is looked for.
    private static let maximumDepth = 8

    /// The task directories below each path, in order of their names; no task in one of them is an error.
    static func find(_ paths: [String]) throws(OperationError) -> [String] {
        var found: [String] = []
        for path in paths {
            var isDirectory = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory else {
                throw OperationError(
                    cause: "\(path): \(isDirectory ? "not readable" : "no such directory")",
                    remedy: "name a directory with a task.toml, or one that holds such directories"
                )
            }
            let tasks = search(path, depth: 0)
            guard !tasks.isEmpty else {
                throw OperationError(
                    cause: "\(path) holds no task.toml, at no depth",
                    remedy: "make a task with 'executorctl task init NAME'"
                )
            }
            for task in tasks where !found.contains(task) { found.append(task) }
        }
        return found
    }

    /// A task's own directories are not searched; neither are hidden ones and links.
    private static func search(_ path: String, depth: Int) -> [String] {
        let manager = FileManager.default
        if manager.fileExists(atPath: path + "/task.toml") { return [path] }
        guard depth < maximumDepth, let names = try? manager.contentsOfDirectory(atPath: path) else { return [] }
        return names.sorted().filter { !$0.hasPrefix(".") }.flatMap { name -> [String] in
            let below = path.hasSuffix("/") ? path + name : path + "/" + name
            let type = try? manager.attributesOfItem(atPath: below)[.type] as? FileAttributeType
            return type == .typeDirectory ? search(below, depth: depth + 1) : []
        }
    }
}
