import CommandLineKit
import Wire

/// What a distillation read and what it proposed.
enum DistillLines {
    static func lines(_ result: SkillDistill.Result, isDryRun: Bool) -> [Line] {
        let withheld = result.withheld.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let rest = withheld.isEmpty ? "" : "; not read: " + withheld.joined(separator: ", ")
        var lines = [Line(Figures.count(result.trials, "trial") + " read" + rest)]
        for proposal in result.proposals {
            let subject = "\(proposal.operation) \(proposal.skills.joined(separator: ", ")) (\(proposal.family))"
            if let refused = proposal.refused {
                lines.append(Line("refused  ", .red) + Line("\(subject): \(refused)"))
            } else if let filed = proposal.filed {
                lines.append(Line("filed    ", .green) + Line("\(filed): \(subject)"))
            } else {
                lines.append(Line("proposed ", .yellow) + Line(subject))
            }
            lines.append(Line("         " + proposal.rationale, .dim))
            if isDryRun, let text = proposal.text {
                lines += text.split(separator: "\n", omittingEmptySubsequences: false).map { Line("    " + $0) }
            }
        }
        for note in result.notes { lines.append(Line("note: " + note, .dim)) }
        return lines
    }
}
