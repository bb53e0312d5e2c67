import FoundationEssentials
import Glibc
import Tasks
import Wire

/// The tasks that this daemon was given, by digest: the directory as uploaded, and what is laid out for sandboxes.
struct TaskLibrary: Sendable {
    let directory: String

    init(directory: String) throws {
        self.directory = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// Receives a task as a tar stream; the same content twice is one task.
    func receive(from descriptor: CInt) throws -> LoadedTask {
        let draft = "\(directory)/incoming-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: draft) }
        try TaskArchive.unpack(from: descriptor, to: "\(draft)/task")
        let task = try LoadedTask.load(directory: "\(draft)/task")
        try lay(task, in: draft)
        let place = place(of: task.digest)
        if rename(draft, place) != 0 && errno != ENOTEMPTY && errno != EEXIST {
            throw WireError(.storageFailed, "rename \(draft): errno \(errno)")
        }
        return try load(task.digest)
    }

    func load(_ digest: String) throws -> LoadedTask {
        let path = place(of: digest) + "/task"
        guard digest.hasPrefix("sha256:"), !digest.contains("/"), FileManager.default.fileExists(atPath: path) else {
            throw WireError(.notFound, "no task \(digest)", remedy: "upload it with task.upload first")
        }
        return try LoadedTask.load(directory: path)
    }

    /// Directory that lays the task's own files over an image's root; nil when there are none.
    func additions(_ task: LoadedTask) -> String? {
        let path = place(of: task.digest) + "/root"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    func tests(_ task: LoadedTask) -> String { place(of: task.digest) + "/task/tests" }
    func solution(_ task: LoadedTask) -> String { place(of: task.digest) + "/task/solution" }

    private func place(of digest: String) -> String {
        "\(directory)/\(digest.replacing("sha256:", with: ""))"
    }

    /// Files of `environment/` go into the working directory when there is no Dockerfile.
    private func lay(_ task: LoadedTask, in place: String) throws {
        let files = FileManager.default
        let source = task.directory + "/environment"
        if !task.definition.hasDockerfile, files.fileExists(atPath: source) {
            let workdir = task.definition.environment.workdir ?? "/"
            let target = place + "/root" + (workdir == "/" ? "" : workdir)
            let parent = target.split(separator: "/").dropLast().joined(separator: "/")
            try files.createDirectory(atPath: "/" + parent, withIntermediateDirectories: true)
            try files.copyItem(atPath: source, toPath: target)
        }
        // Harbor makes the entry points executable after upload; the mode is not part of a task's digest.
        for script in ["tests/test.sh", "solution/solve.sh"] {
            let path = task.directory + "/" + script
            if files.fileExists(atPath: path), chmod(path, 0o755) != 0 {
                throw WireError(.storageFailed, "chmod \(script): errno \(errno)")
            }
        }
    }
}
