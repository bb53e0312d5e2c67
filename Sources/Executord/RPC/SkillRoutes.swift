import Linux
import Reactor
import Skills
import Tasks
import Wire

/// `skill.*`: what trials can be given.
struct SkillRoutes: Sendable {
    let services: TrialServices

    var routes: [Route] {
        [
            Route(SkillUpload.self, descriptors: 1...1) { params, _, passed in
                Answer(try await upload(params, passed))
            },
            Route(SkillFind.self) { params, _ in try await find(params.reference) },
            Route(SkillChoose.self) { params, caller in try await choose(params, caller) },
        ]
    }

    private func upload(_ params: SkillUpload.Params, _ passed: [SharedDescriptor]) async throws -> SkillUpload.Result {
        guard let source = passed.first?.take() else {
            throw WireError(.invalidParams, "skill.upload: pass the read end of a pipe with the frame")
        }
        let raw = source.raw
        let shelf = services.shelf
        return try await onOwnThread { try shelf.receive(from: raw, path: params.path) }
    }

    private func find(_ text: String) async throws -> SkillGiven {
        let library = services.library
        let reference: SkillReference
        if let named = SkillReference(text) {
            reference = named
        } else {
            guard let served = try await library.current().entries.first(where: { $0.reference.skill == text }) else {
                throw WireError(
                    .notFound,
                    "no version of skill '\(text)' is served",
                    remedy: "name one as \(text)@1, or a folder; executorctl skill list"
                )
            }
            reference = served.reference
        }
        let tree = try await library.tree(reference)
        return SkillGiven(name: reference.skill, digest: try services.shelf.keep(tree), version: reference.version)
    }

    private func choose(_ params: SkillChoose.Params, _ caller: Caller) async throws -> SkillChoose.Result {
        let task = try services.tasks.load(params.taskDigest)
        let choice = SkillChoice(services: services)
        return SkillChoose.Result(skills: try await choice.skills(for: task, withCanaries: caller.isAdministrator))
    }
}
