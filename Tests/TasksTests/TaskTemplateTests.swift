import FoundationEssentials
import Glibc
import Statistics
import Tasks
import Testing

@Suite struct TaskTemplateTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("A new task loads without a warning and can run")
    func loads() throws {
        let path = scratch.path + "/new"
        try TaskTemplate.write(name: "hello-world", to: path + "/")
        let task = try LoadedTask.load(directory: path)
        #expect(task.definition.name == "local/hello-world")
        #expect(task.warnings.isEmpty)
        #expect(task.definition.contents.hasSolution)
        #expect(task.definition.contents.hasWorkingFiles)
        let images = ImageResolution(
            aliases: [ImageAlias(pattern: "debian:bookworm*", image: "host")],
            storedNames: []
        )
        let image = images.image(for: task.definition, override: nil)
        #expect(task.definition.refusals(image: image, capabilities: HostCapabilities()).isEmpty)
        #expect(access(path + "/tests/test.sh", X_OK) == 0)
        #expect(access(path + "/solution/solve.sh", X_OK) == 0)
        #expect(scratch.names() == ["new"])
    }

    @Test("Nothing is overwritten, and bad names write nothing")
    func refusals() throws {
        try scratch.write("old/file", "x")
        let taken = #expect(throws: TaskError.self) { try TaskTemplate.write(name: "a", to: scratch.path + "/old") }
        #expect(taken?.description.contains("exists already") == true)
        for name in ["", "..", "a/b/c", "a b", "-x", "a/"] {
            #expect(throws: TaskError.self) { try TaskTemplate.write(name: name, to: scratch.path + "/new") }
        }
        #expect(scratch.names() == ["old"])
        #expect(scratch.names("old") == ["file"])
    }

    @Test("A thousand mutations of a configuration never crash the reader")
    func mutations() throws {
        let configuration = TaskTemplate.files(name: "fuzz").first { $0.path == "task.toml" }?.text ?? ""
        let original = Array(configuration.utf8)
        #expect(original.count > 200)
        try scratch.task("")
        var random = SplitMix64(seed: 42)
        var (read, refused) = (0, 0)
        for _ in 0..<1000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(contentsOf: Array("[[{\"'.=\n".utf8).shuffled(using: &random), at: index)
                default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 20)], at: bytes.count / 2)
                }
            }
            try scratch.write("task.toml", bytes: bytes)
            do throws(TaskError) {
                _ = try LoadedTask.load(directory: scratch.path)
                read += 1
            } catch {
                refused += 1
            }
        }
        #expect(read + refused == 1000)
        #expect(refused > 100)
    }
}
