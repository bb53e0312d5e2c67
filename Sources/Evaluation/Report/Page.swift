import Wire

/// The report as one file of HTML: no scripts, nothing from elsewhere, light and dark, and readable on paper.
package struct Page {
    private let report: EvaluationReport

    package init(_ report: EvaluationReport) { self.report = report }

    package var html: String {
        let title = "Evaluation: \(report.plan.kind.rawValue)"
        let body = [header(title)] + report.agents.flatMap(agent) + [crossModel, libraries, absent, reproduction]
        let head: [Markup] = [
            .element("meta", [("charset", "utf-8")]),
            .element("meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
            .element("meta", [("name", "color-scheme"), ("content", "light dark")]),
            .text("title", [], title), PageStyle.style,
        ]
        let document = Markup.element(
            "html",
            [("lang", "en")],
            [.element("head", [], head), .element("body", [], [.element("main", [], body)])]
        )
        return "<!DOCTYPE html>\n" + document.text + "\n"
    }

    private func header(_ title: String) -> Markup {
        let plan = report.plan
        let counts =
            "\(plan.families.count) families in \(plan.roles.count) roles, \(plan.heldOut.count) held-out tasks, "
            + "\(plan.learning.count) tasks to learn from; \(report.measured) of \(report.wanted) trials measured."
        let lessons =
            report.lessons.trials == 0
            ? "Nothing was learnt."
            : "Learnt from \(report.lessons.trials) runs of \(plan.teacher.displayName): "
                + "\(report.lessons.passed) passed, \(report.lessons.failed) failed."
        return .element(
            "header",
            [],
            [.text("h1", [], title), .text("p", [], counts + " " + lessons)]
                + (!report.isFinished
                    ? [.text("p", [("class", "warn")], "This evaluation is not finished.")] : [])
        )
    }

    private func agent(_ part: EvaluationReport.AgentPart) -> [Markup] {
        let heading = Markup.text("h2", [], "Agent \(part.agent)")
        return [heading]
            + (report.plan.kind == .after ? PageRegimes(part).sections : PageLibraries(report.plan, part).sections)
    }

    private var crossModel: Markup {
        guard !report.crossModel.isEmpty else { return "" }
        let rows = report.crossModel.map { row in
            [Markup(escaping: row.condition.rawValue), Markup(escaping: row.agent)] + PageTable.cells(row.comparison)
        }
        return PageTable.section(
            "Cross-model: the same skills with each agent, where they were learnt",
            nil,
            PageTable.table(["skills", "agent"] + PageTable.comparisonTitles, rows)
        )
    }

    private var libraries: Markup {
        let rows = report.libraries.map { library in
            [
                library.condition.rawValue, library.order.rawValue, "\(library.stage)",
                library.skills.map { String($0.prefix { $0 != " " }) + " " + String($0.suffix(64).prefix(8)) }
                    .joined(separator: ", "),
                (library.refused.map { "refused: \($0)" } + library.notes).joined(separator: "; "),
            ].map { Markup(escaping: $0) }
        }
        let table = PageTable.table(["condition", "order", "stage", "skills", "notes"], rows)
        return .element(
            "section",
            [],
            [
                .text("h2", [], "Libraries"),
                .element("details", [], [.text("summary", [], "\(rows.count) stages"), table]),
            ]
        )
    }

    private var absent: Markup {
        let rows = report.absent.map { [Markup(escaping: $0.metric), Markup(escaping: $0.reason)] }
        let trials = report.unjudged.map { Markup.text("li", [], $0) }
        var parts: [Markup] = [.text("h2", [], "What is not measured")]
        parts.append(rows.isEmpty ? .text("p", [], "Nothing that was asked for.") : PageTable.table(["", "why"], rows))
        if !trials.isEmpty {
            parts.append(.text("p", [], "Trials without a verdict, which are in no mean:"))
            parts.append(.element("ul", [], trials))
        }
        return .element("section", [], parts)
    }

    private var reproduction: Markup {
        let plan = report.plan
        let rows: [(String, String)] = [
            ("executorctl", plan.version), ("suite", "sha256 " + plan.suite),
            ("families", plan.families.map { "\($0.role)/\($0.name)" }.joined(separator: ", ")),
            ("conditions", plan.conditions.map(\.rawValue).joined(separator: ", ")),
            (
                "orders",
                plan.orders.map { "\($0.rawValue) = \($0.tiers.map(\.title).joined(separator: " "))" }.joined(
                    separator: ", "
                )
            ),
            ("teacher", plan.teacher.displayName),
            ("agents", plan.agents.map(\.displayName).joined(separator: ", ")),
            ("seed", "\(plan.seed)"),
            ("instances learnt from", "\(plan.lessons) a tier, \(plan.demonstrations) runs each"),
            ("held-out instances", "\(plan.instances) a tier"), ("attempts", "\(plan.attempts)"),
        ]
        return PageTable.section(
            "The plan",
            "The same plan with the same programs makes the same trials; their names are in results.jsonl.",
            PageTable.table(["", ""], rows.map { [Markup(escaping: $0.0), Markup(escaping: $0.1)] })
        )
    }
}
