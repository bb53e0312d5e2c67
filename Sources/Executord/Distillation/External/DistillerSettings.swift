import Distillation
import Skills
import Wire

/// A distiller's program as the settings file has it: `[distillers.NAME]`.
struct DistillerSettings: Decodable, Sendable {
    var command: [String]
    var directory: String?
    var image: String?
    var wallSeconds: Double?
    var cpuSeconds: Double?
    var memoryBytes: Int?

    static let keys = ["command", "directory", "image", "wallSeconds", "cpuSeconds", "memoryBytes"]
    private static let leastMemory = 16 << 20

    func program(named name: String) -> DistillerProgram {
        var program = DistillerProgram(name: name, command: command, directory: directory)
        program.image = image ?? program.image
        program.budget.wallSeconds = wallSeconds ?? program.budget.wallSeconds
        program.budget.cpuSeconds = cpuSeconds ?? program.budget.cpuSeconds
        program.budget.memoryMegabytes = memoryBytes.map { $0 >> 20 } ?? program.budget.memoryMegabytes
        return program
    }

    /// - Throws: an error that names the file, the key and what is wrong with it.
    static func check(_ all: [String: DistillerSettings], afterJob: String?, _ path: String) throws(WireError) {
        let builtIn = ChosenDistiller.builtIn.map(\.info.name)
        for (name, settings) in all.sorted(by: { $0.key < $1.key }) {
            let key = "\(path): distillers.\(name)"
            guard SkillLint.isName(name), !builtIn.contains(name), name != ExternalDistiller.uploadedName else {
                throw WireError(
                    .invalidParams,
                    "\(key) is no name for a distiller",
                    remedy: "a-z, 0-9 and single hyphens, and none of \((builtIn + ["exec"]).joined(separator: ", "))"
                )
            }
            guard settings.command.first?.isEmpty == false else {
                throw WireError(.invalidParams, "\(key).command is empty", remedy: "a program and its arguments")
            }
            if let directory = settings.directory, !directory.hasPrefix("/") {
                throw WireError(.invalidParams, "\(key).directory is '\(directory)'", remedy: "an absolute path")
            }
            for (name, seconds) in [("wallSeconds", settings.wallSeconds), ("cpuSeconds", settings.cpuSeconds)] {
                guard let seconds, !(seconds > 0 && seconds <= 86400) else { continue }
                throw WireError(.invalidParams, "\(key).\(name) is \(seconds)", remedy: "above 0, at most 86400")
            }
            if let bytes = settings.memoryBytes, bytes < leastMemory {
                throw WireError(.invalidParams, "\(key).memoryBytes is \(bytes)", remedy: "at least \(leastMemory)")
            }
        }
        guard let afterJob, !builtIn.contains(afterJob), all[afterJob] == nil else { return }
        throw WireError(
            .invalidParams,
            "\(path): distill.afterJob is '\(afterJob)', which is no distiller",
            remedy: "one of \((builtIn + all.keys.sorted()).joined(separator: ", "))"
        )
    }
}
