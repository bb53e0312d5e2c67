import FoundationEssentials
import Glibc
import Synchronization
import Tasks
import Wire

/// The tasks that this daemon was given, by digest: the directory as uploaded, and what is laid out for sandboxes.
struct TaskLibrary: Sendable {
    let directory: String
    private let loaded = LoadedTasks()

    init(directory: String) throws {
        self.directory = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// Receives a task as a tar stream; the same content twice is one task.
    func receive(from descriptor: CInt, name: String) throws -> LoadedTask {
        let draft = "\(directory)/incoming-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: draft, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: draft) }
        try TaskArchive.unpack(from: descriptor, to: "\(draft)/task")
        return try keep(draft, name: name)
    }

    /// Adds a task of the daemon's own making, given as texts by path.
    func add(_ texts: [String: String], name: String) throws -> LoadedTask {
        let draft = "\(directory)/incoming-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: "\(draft)/task/environment", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: draft) }
        try FileManager.default.createDirectory(atPath: "\(draft)/task/tests", withIntermediateDirectories: true)
        for (path, text) in texts { try Data(text.utf8).write(to: URL(filePath: "\(draft)/task/\(path)")) }
        return try keep(draft, name: name)
    }

    private func keep(_ draft: String, name: String) throws -> LoadedTask {
        let task = try LoadedTask.load(directory: "\(draft)/task", directoryName: name)
        try lay(task, in: draft)
        // Of a task without [task] the name is its directory's, which the archive does not tell.
        try Data(name.utf8).write(to: URL(filePath: draft + "/name"))
        let place = place(of: task.digest.text)
        if rename(draft, place) != 0 && errno != ENOTEMPTY && errno != EEXIST {
            throw WireError(.storageFailed, "rename \(draft): errno \(errno)")
        }
        return task
    }

    func load(_ digest: String) throws -> LoadedTask {
        let path = place(of: digest) + "/task"
        guard digest.hasPrefix("sha256:"), !digest.contains("/"), FileManager.default.fileExists(atPath: path) else {
            throw WireError(.notFound, "no task \(digest)", remedy: "upload it with task.upload first")
        }
        return try loaded.task(digest) {
            let name = try? String(contentsOfFile: place(of: digest) + "/name", encoding: .utf8)
            return try LoadedTask.load(directory: path, directoryName: name)
        }
    }

    /// Directory that lays the task's own files over an image's root; nil when there are none.
    ///
    /// They belong into `directory`: the task's working directory, or the image's where the task names none.
    func additions(_ task: LoadedTask, in directory: String) throws -> String? {
        let files = FileManager.default
        let path = place(of: task.digest.text) + "/root"
        guard files.fileExists(atPath: path) else { return nil }
        guard task.definition.environment.workingDirectory == nil, directory != "/" else { return path }
        let moved = path + "-" + SHA256.hex(of: Array(directory.utf8))
        if files.fileExists(atPath: moved) { return moved }
        let draft = "\(self.directory)/incoming-\(UUID().uuidString)"
        defer { try? files.removeItem(atPath: draft) }
        let parent = directory.split(separator: "/").dropLast().joined(separator: "/")
        try files.createDirectory(atPath: "\(draft)/\(parent)", withIntermediateDirectories: true)
        try files.copyItem(atPath: path, toPath: draft + directory)
        if rename(draft, moved) != 0 && errno != ENOTEMPTY && errno != EEXIST {
            throw WireError(.storageFailed, "rename \(draft): errno \(errno)")
        }
        return moved
    }

    /// The tests of a task or of one of its stages; nil when they are in its verifier's image.
    func tests(_ task: LoadedTask) -> String? {
        let place = place(of: task.digest.text)
        let path = task.definition.stage.map { place + "/" + Self.tests(ofStep: $0.name) } ?? place + "/task/tests"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// The solution of a task or of one of its stages: of its own, or else the task's.
    func solution(_ task: LoadedTask) -> String {
        let whole = place(of: task.digest.text) + "/task"
        guard let stage = task.definition.stage else { return whole + "/solution" }
        let own = whole + "/steps/\(stage.name)/solution"
        return FileManager.default.fileExists(atPath: own) ? own : whole + "/solution"
    }

    /// What is put into the working directory before a stage.
    func workingFiles(_ task: LoadedTask) -> String? {
        guard let stage = task.definition.stage, stage.hasWorkingFiles else { return nil }
        return place(of: task.digest.text) + "/task/steps/\(stage.name)/workdir"
    }

    private static func tests(ofStep name: String) -> String { "tests/\(name)" }

    func place(of digest: String) -> String {
        "\(directory)/\(digest.replacing("sha256:", with: ""))"
    }

    /// Files of `environment/` go into the working directory when there is no Dockerfile.
    private func lay(_ task: LoadedTask, in place: String) throws {
        let files = FileManager.default
        let source = place + "/task/environment"
        if task.definition.contents.hasWorkingFiles {
            let workdir = task.definition.environment.workingDirectory ?? "/"
            let target = place + "/root" + (workdir == "/" ? "" : workdir)
            let parent = target.split(separator: "/").dropLast().joined(separator: "/")
            try files.createDirectory(atPath: "/" + parent, withIntermediateDirectories: true)
            try files.copyItem(atPath: source, toPath: target)
        }
        var scripts = ["task/tests/test.sh", "task/solution/solve.sh"]
        for step in task.definition.steps {
            let tests = Self.tests(ofStep: step.name)
            try layTests(["tests", "steps/\(step.name)/tests"].map { place + "/task/" + $0 }, at: place + "/" + tests)
            scripts += [tests + "/test.sh", "task/steps/\(step.name)/solution/solve.sh"]
        }
        // Harbor makes the entry points executable after upload; the mode is not part of a task's digest.
        for script in scripts {
            let path = place + "/" + script
            if files.fileExists(atPath: path), chmod(path, 0o755) != 0 {
                throw WireError(.storageFailed, "chmod \(script): errno \(errno)")
            }
        }
    }

    /// Copies directories over each other, the last on top; those that are missing add nothing.
    private func layTests(_ sources: [String], at target: String) throws {
        let files = FileManager.default
        for source in sources where files.fileExists(atPath: source) {
            try files.createDirectory(atPath: target, withIntermediateDirectories: true)
            for name in try files.contentsOfDirectory(atPath: source) {
                let (from, to) = (source + "/" + name, target + "/" + name)
                var status = stat()
                let isDirectory = lstat(from, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
                if isDirectory, lstat(to, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    try layTests([from], at: to)
                } else {
                    if lstat(to, &status) == 0 { try files.removeItem(atPath: to) }
                    try files.copyItem(atPath: from, toPath: to)
                }
            }
        }
    }
}

/// Tasks that were loaded lately: a digest names one content, and to load it all of its files are read.
private final class LoadedTasks: Sendable {
    private let tasks = Mutex<[String: LoadedTask]>([:])
    private static let maximum = 64

    func task(_ digest: String, orLoad load: () throws -> LoadedTask) rethrows -> LoadedTask {
        if let task = tasks.withLock({ $0[digest] }) { return task }
        let task = try load()
        tasks.withLock { tasks in
            if tasks.count >= Self.maximum { tasks = [:] }
            tasks[digest] = task
        }
        return task
    }
}
