import FoundationEssentials
import Skills
import Tasks
import Wire

/// The library's choice for a task: what it serves in the task's scope and its instruction finds.
struct SkillChoice: Sendable {
    let services: TrialServices
    /// More of them cost agents more than they bring: they crowd each other out.
    private static let most = 3

    /// Canaries are drawn by those only whose trials tell something of them.
    func skills(for task: LoadedTask, withCanaries: Bool) async throws -> [SkillGiven] {
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
        return withCanaries ? given + (try await canaries(query)) : given
    }

    /// The share of trials that draw a canary.
    private static let canaryShare = 0.2

    /// Of versions that are canaries, the one that the instruction finds first: two at once could not be told apart.
    private func canaries(_ query: SkillQuery) async throws -> [SkillGiven] {
        var query = query
        (query.states, query.limit) = ([.canary], 1)
        var given: [SkillGiven] = []
        for hit in try await services.library.search(query) {
            let digest = try services.shelf.keep(try await services.library.tree(hit.reference))
            let (name, version) = (hit.reference.skill, hit.reference.version)
            given.append(SkillGiven(name: name, digest: digest, version: version, share: Self.canaryShare))
        }
        return given
    }
}

/// What the task suite says of a task in `[metadata]`, which agents do not see.
private struct TaskMetadata: Decodable {
    var family: String?
    var role: String?
    var split: String?

    init(of task: TaskDefinition) {
        let metadata = try? JSONDecoder().decode(TaskMetadata.self, from: Data(task.metadataJSON.utf8))
        (family, role, split) = (metadata?.family, metadata?.role, metadata?.split)
    }
}

extension TrialKind {
    init(of task: TaskDefinition) {
        let metadata = TaskMetadata(of: task)
        self.init(family: metadata.family, role: metadata.role)
    }
}

extension TaskDefinition {
    /// `learning` or `evaluation`; nil where the task says nothing.
    var split: String? { TaskMetadata(of: self).split }
}
