import CommandLineKit
import Evaluation

/// The report's chief figures on a terminal.
enum EvaluationTable {
    static func print(_ report: EvaluationReport, to terminal: Terminal) {
        for part in report.agents {
            terminal.print([Line("agent \(part.agent)", .bold)])
            terminal.write(
                (report.plan.kind == .after ? regimes(part) : libraries(report.plan, part)).render(for: terminal)
            )
        }
        for absence in report.absent {
            terminal.print([Line("not measured: \(absence.metric): \(absence.reason)", .dim)])
        }
        if !report.unjudged.isEmpty {
            terminal.print([Line(Figures.count(report.unjudged.count, "trial") + " without a verdict", .yellow)])
        }
    }

    private static func libraries(_ plan: EvaluationPlan, _ part: EvaluationReport.AgentPart) -> Table {
        var table = Table([
            .init("condition"), .init("unseen T1-T3", .right), .init("lift", .right), .init("p", .right),
            .init("T4-T6", .right), .init("lift", .right), .init("p", .right), .init("T5 resisted", .right),
            .init("skills", .right), .init("lines", .right),
        ])
        for condition in plan.conditions {
            func rate(_ kind: Instance.Part) -> String {
                let row = part.rates.first { $0.condition == condition && $0.part == kind && $0.order == nil }
                return row?.rate.value.map { "\(Digits.percent($0.mean)) of \($0.tasks)" } ?? "-"
            }
            func against(_ kind: Instance.Part) -> Comparison? {
                part.comparisons.first {
                    $0.condition == condition && $0.part == kind && $0.family == nil && $0.against == .noSkill
                }?.comparison.value
            }
            let trap = part.traps.first { $0.condition == condition }?.resistance.value
            let ends = plan.orders(of: condition).compactMap { order in
                part.health.last { $0.condition == condition && $0.order == order }
            }
            func mean(_ figure: (LibraryHealth) -> Int) -> String {
                ends.isEmpty ? "-" : Digits.fixed(Double(ends.reduce(0) { $0 + figure($1) }) / Double(ends.count), 0)
            }
            var row: [Table.Cell] = [.init(condition.rawValue)]
            for kind in [Instance.Part.heldOut, .frozen] {
                let found = against(kind)
                row += [
                    .init(rate(kind)), .init(found.map { Digits.points($0.lift) } ?? "-"),
                    .init(found.map { Digits.chance($0.helps) } ?? "-"),
                ]
            }
            row += [.init(trap.map(Digits.percent) ?? "-"), .init(mean(\.skills)), .init(mean(\.lines))]
            table.append(row)
        }
        return table
    }

    private static func regimes(_ part: EvaluationReport.AgentPart) -> Table {
        var table = Table([
            .init("skills"), .init("of"), .init("local", .right), .init("cross-task", .right),
            .init("cross-role", .right), .init("specificity", .right), .init("generality", .right),
        ])
        for row in part.scores {
            let gains = [Regime.local, .crossTask, .crossRole].map { row.gains[$0].map(Digits.points) ?? "-" }
            let scores = [row.specificity, row.generality].map { $0.value.map(Digits.points) ?? "-" }
            table.append(([row.condition.rawValue, row.source] + gains + scores).map { .init($0) })
        }
        return table
    }
}
