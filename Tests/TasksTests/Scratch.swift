import FoundationEssentials
import Glibc
import Tasks
import Testing

/// A directory for one test, removed with the value.
final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/executord-tasks-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ relative: String, _ text: String) throws {
        try write(relative, bytes: Array(text.utf8))
    }

    func write(_ relative: String, bytes: [UInt8]) throws {
        let url = URL(filePath: path + "/" + relative)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func link(_ relative: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path + "/" + relative, withDestinationPath: target)
    }

    func text(_ relative: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path + "/" + relative)), as: UTF8.self)
    }

    /// All names in the directory, sorted, hidden ones too.
    func names(_ relative: String = "") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + relative)) ?? []).sorted()
    }

    /// Fills the directory with a task that has nothing special but its configuration.
    func task(_ configuration: String) throws {
        try write("task.toml", configuration)
        try write("instruction.md", "Do it.\n")
        try write("environment/data.txt", "x\n")
        try write("tests/test.sh", "echo 1 > /logs/verifier/reward.txt\n")
        try write("solution/solve.sh", "true\n")
    }

    func load(_ configuration: String) throws -> LoadedTask {
        try task(configuration)
        return try LoadedTask.load(directory: path)
    }

    /// The error that a configuration earns.
    func refusal(_ configuration: String) throws -> String {
        try task(configuration)
        let error = #expect(throws: TaskError.self) { try LoadedTask.load(directory: path) }
        return error?.description ?? ""
    }
}
