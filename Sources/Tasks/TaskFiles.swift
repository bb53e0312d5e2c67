/// Finds the files of a task that are published, uploaded and hashed, by Harbor's rules (`TaskDigest`).
struct TaskFiles {
    /// Entries a task may have; a collection of thousands of small files still passes.
    static let maximumEntries = 50_000

    private let directory: TaskDirectory
    private var entries = 0
    /// Rules by the directory whose `.harborignore` holds them.
    private var rules: [String: IgnoreRules] = [:]

    private static let singleFiles = ["task.toml", "instruction.md", "README.md", "trajectory.json"]
    static let directories = ["environment", "tests", "solution", "steps"]

    /// What is left out when the task has no `.gitignore`.
    private static let defaultIgnores = ["__pycache__/", "*.pyc", ".DS_Store", "*.swp", "*.swo", "*~"]

    init(in directory: TaskDirectory) {
        self.directory = directory
    }

    /// Relative paths in the order of their bytes.
    mutating func published() throws(TaskError) -> [String] {
        var paths = Self.singleFiles.filter { directory.kind(of: $0) == .file }
        for root in Self.directories where directory.kind(of: root) == .directory {
            if try !isExcluded(root) { try collect(root, into: &paths) }
        }
        let ignored = try gitRules()
        return paths.filter { ignored.decision(Self.names($0), isDirectory: false) != true }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func gitRules() throws(TaskError) -> IgnoreRules {
        guard directory.kind(of: ".gitignore") == .file else { return IgnoreRules(lines: Self.defaultIgnores) }
        return IgnoreRules(text: try directory.text(".gitignore", limit: 1 << 20))
    }

    /// Adds the files under `parent`; a link to a file counts as that file, a link to a directory is not entered.
    private mutating func collect(_ parent: String, into paths: inout [String]) throws(TaskError) {
        var pending = [parent]
        while let current = pending.popLast() {
            for name in try directory.names(in: current) {
                entries += 1
                if entries > Self.maximumEntries {
                    throw .tooLarge("the task has more than \(Self.maximumEntries) files")
                }
                let path = current + "/" + name
                guard try !isExcluded(path) else { continue }
                switch directory.kind(of: path) {
                case .file: paths.append(path)
                case .directory where !directory.isSymbolicLink(path): pending.append(path)
                case .directory, .other, nil: break
                }
            }
        }
    }

    /// Whether a `.harborignore` hides the path, or what a link there leads to.
    private mutating func isExcluded(_ path: String) throws(TaskError) -> Bool {
        if try isHidden(path) { return true }
        guard directory.isSymbolicLink(path), let target = directory.linkTarget(path) else { return false }
        return try isHidden(target)
    }

    /// `.harborignore` files work in `tests/` and `solution/`, of the task and of its steps, deeper ones winning.
    private mutating func isHidden(_ path: String) throws(TaskError) -> Bool {
        let names = Self.names(path)
        if names.last == ".harborignore" { return true }
        guard let scope = Self.scopeLength(names) else { return false }
        for length in scope..<names.count {
            let candidate = Array(names[...length])
            let isDirectory = length < names.count - 1 || directory.kind(of: path) == .directory
            var hidden = false
            for depth in scope...length {
                let holder = names[..<depth].joined(separator: "/")
                let decision = try harborRules(holder).decision(Array(candidate[depth...]), isDirectory: isDirectory)
                hidden = decision ?? hidden
            }
            if hidden { return true }
        }
        return false
    }

    /// How many names lead to the `tests/` or `solution/` that `names` lies in.
    private static func scopeLength(_ names: [String]) -> Int? {
        let scopes: Set<String> = ["tests", "solution"]
        if let first = names.first, scopes.contains(first) { return 1 }
        return names.count >= 3 && names[0] == "steps" && scopes.contains(names[2]) ? 3 : nil
    }

    private mutating func harborRules(_ holder: String) throws(TaskError) -> IgnoreRules {
        if let known = rules[holder] { return known }
        let path = holder + "/.harborignore"
        let text = directory.kind(of: path) == .file ? try directory.text(path, limit: 1 << 20) : ""
        let loaded = IgnoreRules(text: text)
        rules[holder] = loaded
        return loaded
    }

    private static func names(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }
}
