import CommandLineKit
import Wire

/// What the gate says, line by line.
enum GateLines {
    /// The stage's number and name, what it decided, and why.
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
        if let job = news.job { lines.append(Line("   job \(job)\(takenUp(news.takenUp))", .dim)) }
        if let step = news.step { lines.append(self.step(step)) }
        return lines
    }

    private static func takenUp(_ known: SkillGateProgress.TakenUp?) -> String {
        guard let known else { return "" }
        let (time, ended) = (Figures.moment(known.begunAt), known.ended)
        return ": the run of \(time) is taken up, \(ended) of \(known.trials) trials are there already"
    }

    static func end(_ result: SkillGate.Result, isDryRun: Bool) -> Line {
        if isDryRun { return Line("nothing was run and nothing recorded: the other stages need an agent", .dim) }
        return Line("\(result.skill.text) is \(result.skill.state), \(result.skill.tier)", .bold)
    }
}
