import Client
import Evaluation
import FoundationEssentials
import Wire

/// Makes a library's beginning, and its next stage.
struct LearningStage {
    let connection: Connection
    let suite: EvaluationSuite
    let directory: EvaluationDirectory

    private var plan: EvaluationPlan { directory.plan }

    /// What a condition begins with.
    func beginning(_ condition: Condition, _ order: LearningOrder) throws -> LibraryStage {
        var stage = LibraryStage(condition: condition, order: order, stage: 0, skills: [])
        for family in plan.families {
            let folder: String?
            switch condition.base {
            case .nothing: folder = nil
            case .instructions: folder = try writtenFromInstructions(family)
            case .people:
                folder = suite.curatedSkill(family)
                if folder == nil { stage.notes.append("\(family.name): the suite has no skill of people's") }
            }
            guard let folder else { continue }
            let skill = try SkillGiver(connection: connection).upload(folder)
            stage.skills.append(try described(skill, of: family.name, in: folder))
            stage.created.append(skill.name)
        }
        return stage
    }

    /// What a distiller makes of a library and the lessons so far, applied without a gate.
    func next(
        _ condition: Condition,
        _ order: LearningOrder,
        _ number: Int,
        from library: [LibrarySkill],
        trials: [MeasuredTrial]
    ) throws -> LibraryStage {
        var stage = LibraryStage(condition: condition, order: order, stage: number, skills: library)
        guard let distiller = condition.distiller, !trials.isEmpty else { return stage }
        let result = try connection.call(
            SkillDistill.self,
            .init(plugin: distiller, from: trials.map(\.trial), library: condition.revises ? library.map(\.skill) : [])
        )
        for proposal in result.proposals {
            guard let skill = proposal.result, let size = proposal.size else {
                stage.refused.append("\(proposal.family): \(proposal.refused ?? "no text")")
                continue
            }
            let made = LibrarySkill(
                family: proposal.family,
                skill: skill,
                lines: size.lines,
                bytes: size.bytes,
                text: proposal.text ?? ""
            )
            if let place = stage.skills.firstIndex(where: { $0.skill.name == skill.name }) {
                stage.skills[place] = made
                stage.revised.append(skill.name)
            } else {
                stage.skills.append(made)
                stage.created.append(skill.name)
            }
        }
        stage.notes += result.notes
        stage.notes += result.withheld.sorted { $0.key < $1.key }.map { "not read: \($0.value) \($0.key)" }
        return stage
    }

    private func writtenFromInstructions(_ family: EvaluationPlan.Family) throws -> String? {
        let lessons = plan.learning.filter { $0.family == family.name }
        let instructions = try lessons.map { instance -> String in
            let folder = directory.task(instance)
            try suite.write(instance, to: folder)
            let data = FileManager.default.contents(atPath: folder + "/instruction.md")
            return String(decoding: data ?? Data(), as: UTF8.self)
        }
        guard let text = ZeroShotSkill.text(family: family.name, instructions: instructions) else { return nil }
        let folder = "\(directory.path)/skills/\(Condition.zeroShot.rawValue)/\(family.name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try EvaluationDirectory.write(Array(text.utf8), to: folder + "/SKILL.md")
        return folder
    }

    private func described(_ skill: SkillGiven, of family: String, in folder: String) throws -> LibrarySkill {
        var made = LibrarySkill(family: family, skill: skill, lines: 0, bytes: 0, text: "")
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(path)") else { continue }
            made.bytes += data.count
            made.lines += data.count { $0 == UInt8(ascii: "\n") }
            if path == "SKILL.md" { made.text = String(decoding: data, as: UTF8.self) }
        }
        return made
    }
}
