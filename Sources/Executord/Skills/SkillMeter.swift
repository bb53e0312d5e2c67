import Distillation
import Skills
import Trajectory
import Wire

/// Mounted, opened, followed: what became of the skills that a trial was given.
struct SkillMeter: Sendable {
    let store: Store
    let shelf: SkillShelf

    /// One report for each skill; empty for a trial without.
    func reports(_ trial: String, _ configuration: TrialConfiguration) async throws -> [SkillUseReport] {
        guard let skills = configuration.skills, !skills.isEmpty else { return [] }
        let records = try await store.events(trial).compactMap { event -> ActionRecord? in
            guard case .action(let record) = event.body, record.phase == .agent else { return nil }
            return record
        }
        let actions = records.map { DistillRequest.Action($0, since: $0.startedAt.milliseconds) }
        return try skills.map { skill in
            let opener = records.first { $0.evidence?.skills?.contains { $0.skill == skill.name } ?? false }
            let seen = Adherence(
                of: try shelf.tree(skill.digest),
                in: actions,
                openedBy: opener.map { "a\($0.number)" }
            )
            return SkillUseReport(
                skill: skill,
                openedBy: opener?.number,
                steps: seen.steps,
                matched: seen.matched,
                followed: seen.isFollowed
            )
        }
    }

    /// Tells the library what became of its versions in a trial that has ended.
    func record(_ trial: String, _ configuration: TrialConfiguration, in library: SkillLibrary) async throws {
        for report in try await reports(trial, configuration) {
            guard let version = report.skill.version else { continue }
            let use = SkillUse(trial: trial, opened: report.openedBy != nil, followed: report.followed)
            try await library.record(use, of: SkillReference(report.skill.name, version))
        }
    }
}
