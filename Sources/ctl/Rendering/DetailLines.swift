import CommandLineKit
import Wire

/// Everything about one trial.
enum DetailLines {
    static func lines(_ detail: TrialDetail) -> [Line] {
        let summary = detail.summary
        let configuration = detail.configuration
        var lines = [
            Line(summary.trial, .bold),
            field("task", "\(summary.task)  \(configuration.taskDigest)"),
            field("path", configuration.taskPath),
            field("agent", summary.agent + (configuration.agent.steps ? ", in steps" : "")),
            field("job", summary.job ?? "-"),
            field("state", summary.phase.rawValue),
            field("actions", "\(summary.actions)"),
            field("submitted", Figures.moment(summary.submittedAt) + " UTC"),
        ]
        if let jobTry = detail.jobTry { lines.append(field("attempt", attempt(jobTry))) }
        if let image = configuration.image ?? detail.images?.agent { lines.append(field("image", image)) }
        if let network = configuration.network { lines.append(field("--network", network.rawValue)) }
        for (index, use) in (detail.skills ?? []).enumerated() {
            let opened = use.openedBy.map { "opened by action \($0), \(use.matched) of \(use.steps) steps done" }
            let credit = use.credit.map { "; \($0)" } ?? ""
            lines.append(field(index == 0 ? "skills" : "", "\(use.skill.text): \(opened ?? "never opened")\(credit)"))
        }
        for span in detail.phases where !span.phase.isTerminal {
            lines.append(field(span.phase.rawValue, Figures.duration(span.startedAt, span.finishedAt)))
        }
        lines.append(
            field("layer", detail.hasFrozenLayer ? "kept: 'executorctl verify' can repeat the verdict" : "not kept")
        )
        lines += NetworkLines.lines(detail.network ?? [])
        lines += (detail.steps ?? []).flatMap { StepLines.titled($0) }
        if let exception = detail.exception { lines += EventLines.exception(exception) }
        if let verdict = detail.verdict { lines += VerdictLines.lines(verdict) }
        return lines
    }

    private static func attempt(_ place: TrialTry) -> String {
        var text = "\(place.attempt), try \(place.number)"
        if let before = place.after { text += ", after \(before)" }
        if let next = place.replacedBy { text += ", replaced by \(next)" }
        return text
    }

    private static func field(_ name: String, _ value: String) -> Line {
        Line("  " + Layout.pad(name, to: 11), .dim) + Line(value)
    }
}
