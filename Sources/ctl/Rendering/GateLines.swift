import CommandLineKit
import Wire

/// What the gate says, line by line.
enum GateLines {
    /// One decision, as in ` 3 evidence      passed   4 passing trials, …`.
    static func step(_ step: GateStep) -> Line {
        let style: Style? =
            switch step.outcome {
            case "passed": .green
            case "failed": .red
            case "waiting": .yellow
            default: .dim
            }
        let number = step.stage < 10 ? " \(step.stage)" : "\(step.stage)"
        return Line("\(number) \(Layout.pad(step.name, to: 14))") + Line(Layout.pad(step.outcome, to: 8), style)
            + Line(step.reason)
    }

    static func progress(_ news: SkillGateProgress.Params) -> [Line] {
        var lines: [Line] = []
        if let advice = news.advice { lines.append(Line("\(news.skill): \(advice)")) }
        if let job = news.job { lines.append(Line("   job \(job)", .dim)) }
        if let step = news.step { lines.append(self.step(step)) }
        return lines
    }

    static func end(_ result: SkillGate.Result, isDryRun: Bool) -> Line {
        if isDryRun { return Line("nothing was run and nothing recorded: the other stages need an agent", .dim) }
        return Line("\(result.skill.text) is \(result.skill.state), \(result.skill.tier)", .bold)
    }
}
