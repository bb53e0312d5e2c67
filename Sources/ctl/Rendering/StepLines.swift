import CommandLineKit
import Wire

/// How one step of a trial ended.
enum StepLines {
    static func lines(_ result: StepResult) -> [Line] {
        let verdict = VerdictLines.lines(result.verdict)
        guard let stopped = result.stopped else { return verdict }
        return verdict + [Line("    no further step: ", .yellow) + Line(stopped)]
    }

    /// The same with the step's name before it.
    static func titled(_ result: StepResult) -> [Line] {
        let actions = Figures.count(result.actions, "action")
        let title = Line("  step \(result.step.number) of \(result.step.count)", .bold)
        let agent = result.agent.map { Figures.duration($0.startedAt, $0.finishedAt) } ?? "not begun"
        return [title + Line("  \(result.step.name): \(actions), agent \(agent)")]
            + (result.exception.map { EventLines.exception($0) } ?? []) + lines(result)
    }
}
