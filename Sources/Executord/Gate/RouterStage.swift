import Gate
import Skills
import Tasks
import Trajectory
import Wire

/// Stage 7: asks the library what agents would ask it, with the version and without.
struct RouterStage: GateCheck {
    let stage = GateStage.router
    private static let mostTasks = 200

    func finding(on subject: GateSubject) async throws -> GateFinding {
        var queries: [RouterCheck.Query] = []
        let scope = subject.version.scope
        if let description = Self.description(of: subject.tree) {
            queries.append(.init(description, trial: Self.kind(of: scope), isOfTarget: true))
        }
        var seen: Set<String> = []
        for task in subject.sources.compactMap(\.task) where seen.insert(task.digest.text).inserted {
            queries.append(Self.query(task, isOfTarget: scope.admits(TrialKind(of: task.definition))))
        }
        for entry in try await subject.library.current().entries where entry.reference.skill != subject.reference.skill
        {
            guard let text = Self.description(of: try await subject.library.tree(entry.reference)) else { continue }
            queries.append(.init(text, trial: Self.kind(of: entry.scope)))
        }
        for digest in try await subject.services.store.tasksUploaded(since: Timestamp(milliseconds: 0)).sorted()
            .prefix(Self.mostTasks) where seen.insert(digest).inserted
        {
            guard let task = try? subject.services.tasks.load(digest) else { continue }
            queries.append(Self.query(task, isOfTarget: false))
        }
        return .init(try await RouterCheck().decision(on: subject.reference, queries, in: subject.library))
    }

    private static func query(_ task: LoadedTask, isOfTarget: Bool) -> RouterCheck.Query {
        let text = task.stages.map(\.definition.instruction).joined(separator: "\n")
        return .init(text, trial: TrialKind(of: task.definition), isOfTarget: isOfTarget)
    }

    private static func description(of tree: SkillTree) -> String? {
        tree.main.flatMap { try? SkillDocument($0.bytes).head.description }
    }

    /// A trial that a scope admits.
    private static func kind(of scope: SkillScope) -> TrialKind {
        TrialKind(
            family: scope.include.families.first,
            role: scope.include.roles.first,
            model: scope.include.models.first
        )
    }
}
