import Evaluation
import FoundationEssentials
import Wire

/// A directory of task families: ROLE/FAMILY/generate.py writes instances, ROLE/FAMILY/skill/NAME is what people wrote for it.
struct EvaluationSuite {
    let directory: String
    private(set) var families: [EvaluationPlan.Family] = []

    init(_ path: String) throws {
        guard let directory = FileNames.canonical(path) else {
            throw OperationError(
                cause: "\(path): no such directory",
                remedy: "name a suite with ROLE/FAMILY/generate.py by --suite"
            )
        }
        self.directory = directory
        for role in Self.names(directory) {
            for name in Self.names("\(directory)/\(role)") {
                guard FileManager.default.fileExists(atPath: "\(directory)/\(role)/\(name)/generate.py") else {
                    continue
                }
                var family = EvaluationPlan.Family(role: role, name: name)
                family.curated = curatedSkill(family).map { Self.digest(of: [$0]) }
                families.append(family)
            }
        }
        guard !families.isEmpty else {
            throw OperationError(
                cause: "\(path) holds no ROLE/FAMILY/generate.py",
                remedy: "name a suite such as the repository's tasks/ by --suite"
            )
        }
    }

    /// Those that are named, all of them without names.
    func families(named names: [String]) throws -> [EvaluationPlan.Family] {
        guard !names.isEmpty else { return families }
        return try names.map { name in
            guard let family = families.first(where: { $0.name == name }) else {
                throw OperationError(
                    cause: "the suite has no family '\(name)'",
                    remedy: "one of \(families.map(\.name).joined(separator: ", "))"
                )
            }
            return family
        }
    }

    /// The folder of the skill that people wrote; nil where there is none.
    func curatedSkill(_ family: EvaluationPlan.Family) -> String? {
        let folder = "\(directory)/\(family.role)/\(family.name)/skill/\(family.name)"
        return FileManager.default.fileExists(atPath: folder + "/SKILL.md") ? folder : nil
    }

    /// Of all that makes instances of some families.
    func digest(of families: [EvaluationPlan.Family]) -> String {
        Self.digest(of: families.map { "\(directory)/\($0.role)/\($0.name)" } + ["\(directory)/harness"])
    }

    /// SHA-256 over paths and contents; what Python leaves behind and links do not count.
    private static func digest(of folders: [String]) -> String {
        var hash = SHA256()
        for folder in folders {
            let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
            for path in paths.sorted() where !path.contains("__pycache__") {
                guard let data = FileManager.default.contents(atPath: "\(folder)/\(path)") else { continue }
                hash.update(Array("\(path)\0\(SHA256.hex(of: [UInt8](data)))\n".utf8))
            }
        }
        return hash.finalHex()
    }

    private static func names(_ directory: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    /// Writes an instance into a folder that is there only when it is whole.
    ///
    /// What is held out says so in its task.toml: no distiller gets a trial of it, whatever it is asked for.
    func write(_ instance: Instance, to folder: String) throws {
        guard !FileManager.default.fileExists(atPath: folder + "/task.toml") else { return }
        let draft = folder + ".draft"
        try? FileManager.default.removeItem(atPath: draft)
        try FileManager.default.createDirectory(atPath: draft, withIntermediateDirectories: true)
        let generator = "\(directory)/\(instance.role)/\(instance.family)/generate.py"
        let command = ["python3", "-B", generator, "--seed", "\(instance.seed)", "--tier", instance.tier.rawValue]
        let child = try ChildProgram(command + ["--out", draft], environment: [:], input: 0, output: 2, error: 2)
        guard child.wait() == 0, let data = FileManager.default.contents(atPath: draft + "/task.toml") else {
            throw OperationError(cause: "\(command.joined(separator: " ")) failed, see above", remedy: "mend the suite")
        }
        if instance.part != .learning {
            let text = String(decoding: data, as: UTF8.self)
                .replacing("split = \"learning\"", with: "split = \"evaluation\"")
            guard text.contains("split = \"evaluation\"") else {
                throw OperationError(
                    cause: "\(generator) writes a task.toml that does not say its split",
                    remedy: "write split = \"learning\" into its [metadata]: what is held out is marked there"
                )
            }
            try Data(text.utf8).write(to: URL(filePath: draft + "/task.toml"))
        }
        try FileManager.default.moveItem(atPath: draft, toPath: folder)
    }
}
