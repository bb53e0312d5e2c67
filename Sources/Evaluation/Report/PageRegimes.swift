/// What AFTER's regimes say of one agent.
struct PageRegimes {
    private let part: EvaluationReport.AgentPart

    init(_ part: EvaluationReport.AgentPart) { self.part = part }

    var sections: [Markup] {
        let conditions = Condition.allCases.filter { condition in part.matrix.contains { $0.condition == condition } }
        return conditions.flatMap { [matrix($0), scores($0)] }
            + (conditions.isEmpty ? [.text("p", [], "No condition came to a skill.")] : [])
    }

    private func matrix(_ condition: Condition) -> Markup {
        let cells = part.matrix.filter { $0.condition == condition }
        func unique(_ names: [String]) -> [String] {
            names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        }
        let targets = unique(cells.filter { $0.regime != .local }.map(\.target))
        let rows = unique(cells.map(\.source)).map { source in
            let own = cells.filter { $0.source == source }
            let local = own.first { $0.regime == .local }?.comparison ?? .absent("not measured")
            return [Markup(escaping: source), PageTable.heat(local)]
                + targets.map { target in
                    let cell = own.first { $0.target == target && $0.regime != .local }
                    let mark = cell?.regime == .crossRole ? " ◇" : ""
                    return PageTable.heat(cell?.comparison ?? .absent("not measured"), mark)
                }
        }
        return PageTable.section(
            "Transfer of \(condition.rawValue): gain in points",
            "Rows are the families whose skill alone is given; 'local' is what it was learnt from, the other columns are "
                + "unseen tasks. ◇ marks another role.",
            PageTable.table(["skill of", "local"] + targets, rows)
        )
    }

    private func scores(_ condition: Condition) -> Markup {
        let rows = part.scores.filter { $0.condition == condition }.map { row in
            [Markup(escaping: row.source)]
                + [Regime.local, .crossTask, .crossRole].map { regime in
                    PageTable.number(row.gains[regime], Digits.points, absent: "not measured")
                }
                + [row.specificity, row.generality].map {
                    PageTable.number($0.value, Digits.points, absent: $0.absent ?? "")
                }
        }
        return PageTable.section(
            "Specificity and generality of \(condition.rawValue)",
            "Specificity is the gain where a skill was learnt, generality the mean gain elsewhere.",
            PageTable.table(["skill of", "local", "cross-task", "cross-role", "specificity", "generality"], rows)
        )
    }
}
