import FoundationEssentials
import Skills
import Tasks
import Wire

/// The library's choice for a task: what it serves in the task's scope and its instruction finds.
struct SkillChoice: Sendable {
    let services: TrialServices
    /// More of them cost agents more than they bring: they crowd each other out.
    private static let most = 3

    func skills(for task: LoadedTask) async throws -> [SkillGiven] {
        let library = services.library
        let instructions = task.stages.map(\.definition.instruction)
        let query = SkillQuery(
            instructions.joined(separator: "\n"),
            trial: TrialKind(of: task.definition),
            limit: Self.most
        )
        var given: [SkillGiven] = []
        for hit in try await library.search(query) {
            let digest = try services.shelf.keep(try await library.tree(hit.reference))
            given.append(SkillGiven(name: hit.reference.skill, digest: digest, version: hit.reference.version))
        }
        return given
    }
}

extension TrialKind {
    /// By the task's `[metadata]`, which agents do not see.
    init(of task: TaskDefinition) {
        struct Metadata: Decodable {
            var family: String?
            var role: String?
        }
        let metadata = try? JSONDecoder().decode(Metadata.self, from: Data(task.metadataJSON.utf8))
        self.init(family: metadata?.family, role: metadata?.role)
    }
}
