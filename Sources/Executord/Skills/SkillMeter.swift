import Distillation
import Skills
import Trajectory
import Wire

/// Mounted, opened, followed, helped: what became of the skills that a trial was given.
struct SkillMeter: Sendable {
    let store: Store
    let shelf: SkillShelf
    let library: SkillLibrary

    /// One report for each skill; empty for a trial without.
    func reports(_ trial: String, _ configuration: TrialConfiguration) async throws -> [SkillUseReport] {
        guard let skills = configuration.skills, !skills.isEmpty else { return [] }
        let records = try await store.events(trial).compactMap { event -> ActionRecord? in
            guard case .action(let record) = event.body, record.phase == .agent else { return nil }
            return record
        }
        let actions = records.map { DistillRequest.Action($0, since: $0.startedAt.milliseconds) }
        var reports: [SkillUseReport] = []
        for skill in skills {
            let opener = records.first { $0.evidence?.skills?.contains { $0.skill == skill.name } ?? false }
            let seen = Adherence(
                of: try shelf.tree(skill.digest),
                in: actions,
                openedBy: opener.map { "a\($0.number)" }
            )
            let reference = skill.version.map { SkillReference(skill.name, $0) }
            reports.append(
                SkillUseReport(
                    skill: skill,
                    openedBy: opener?.number,
                    steps: seen.steps,
                    matched: seen.matched,
                    followed: seen.isFollowed,
                    credit: try await credit(of: reference, in: trial)?.rawValue
                )
            )
        }
        return reports
    }

    private func credit(of reference: SkillReference?, in trial: String) async throws -> SkillUse.Credit? {
        guard let reference else { return nil }
        do throws(SkillLibraryError) {
            return try await library.credit(of: reference, in: trial)
        } catch .noVersion {
            // A record of another library's trial.
            return nil
        } catch {
            throw error
        }
    }

    /// Tells the library what became of its versions in a trial that has ended.
    func record(_ trial: String, _ configuration: TrialConfiguration) async throws {
        for report in try await reports(trial, configuration) {
            guard let version = report.skill.version else { continue }
            let use = SkillUse(trial: trial, opened: report.openedBy != nil, followed: report.followed)
            try await library.record(use, of: SkillReference(report.skill.name, version))
        }
    }

    /// Notes a pair, and for the trial that had the version what that did to it; false where it is known, and nothing changes.
    @discardableResult
    func credit(_ pair: TrialPair, of reference: SkillReference) async throws -> Bool {
        guard try await library.record(pair, of: reference) else { return false }
        let known = try await library.uses(of: reference).last { $0.trial == pair.with }
        var use = known ?? SkillUse(trial: pair.with, opened: false, followed: false)
        if known == nil {
            let digest = try await library.version(reference).digest
            let configuration = try await store.detail(pair.with).configuration
            let report = try await reports(pair.with, configuration).first { $0.skill.digest == digest }
            (use.opened, use.followed) = (report?.openedBy != nil, report?.followed ?? false)
        }
        use.credit = pair.credit
        try await library.record(use, of: reference)
        return true
    }
}
