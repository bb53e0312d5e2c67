/// Pass rates: with intervals by role, and as bars by tier.
enum RateCharts {
    typealias Row = EvaluationReport.RateRow

    /// A group for each role, in it a dot with its interval for each condition.
    static func intervals(_ title: String, _ groups: [(name: String, rows: [Row])]) -> Markup {
        let (left, right, step) = (215.0, 640.0, 17.0)
        let count = groups.reduce(0) { $0 + $1.rows.count }
        var chart = Chart(title, height: Double(count) * step + Double(groups.count) * 26 + 34)
        func x(_ share: Double) -> Double { left + share * (right - left) }
        var y = 14.0
        let bottom = Double(count) * step + Double(groups.count) * 26 + 6
        for share in [0, 0.25, 0.5, 0.75, 1] {
            chart.line(x(share), 6, x(share), bottom, "grid")
            chart.text(x(share), bottom + 16, Digits.percent(share), .middle, "s")
        }
        for group in groups {
            chart.text(0, y + 4, group.name, .start, "b")
            y += 20
            for row in group.rows {
                chart.text(12, y + 4, row.condition.rawValue, .start, "t")
                if let rate = row.rate.value {
                    let span = "\(Digits.percent(rate.low)) to \(Digits.percent(rate.high))"
                    chart.line(x(rate.low), y, x(rate.high), y, "whisker \(row.condition.colour)")
                    chart.dot(
                        x(rate.mean),
                        y,
                        "dot \(row.condition.colour)",
                        hint: "\(row.condition.rawValue), \(group.name): \(Digits.percent(rate.mean)), \(span)"
                    )
                    chart.text(right + 14, y + 4, "\(Digits.percent(rate.mean)) of \(rate.tasks)", .start, "s")
                } else {
                    chart.text(right + 14, y + 4, "no verdicts", .start, "s")
                }
                y += step
            }
            y += 6
        }
        return chart.markup
    }

    /// A group of bars for each tier.
    static func tiers(_ title: String, _ rows: [Row], conditions: [Condition]) -> Markup {
        let (left, bottom, top, width) = (44.0, 190.0, 16.0, 710.0)
        var chart = Chart(title, height: 216)
        for share in [0, 0.25, 0.5, 0.75, 1] {
            let y = bottom - share * (bottom - top)
            chart.line(left, y, left + width, y, "grid")
            chart.text(left - 6, y + 4, Digits.percent(share), .end, "s")
        }
        let group = width / Double(Tier.allCases.count)
        let bar = (group - 20) / Double(max(1, conditions.count))
        for (index, tier) in Tier.allCases.enumerated() {
            let begin = left + Double(index) * group + 10
            chart.text(begin + (group - 20) / 2, bottom + 18, tier.title, .middle, "b")
            for (place, condition) in conditions.enumerated() {
                let found = rows.first { $0.condition == condition && $0.tier == tier && $0.role == nil }
                guard let rate = found?.rate.value else { continue }
                // A bar of nothing is seen, too: it was measured.
                let height = max(1.5, rate.mean * (bottom - top))
                chart.box(
                    begin + Double(place) * bar,
                    bottom - height,
                    bar - 2,
                    height,
                    "bar \(condition.colour)",
                    hint: "\(condition.rawValue), \(tier.title): \(Digits.percent(rate.mean)) of \(rate.tasks) tasks"
                )
            }
        }
        return chart.markup
    }
}

/// T5: a bar for each condition, cut by outcome and process.
enum TrapChart {
    static func markup(_ rows: [EvaluationReport.TrapRow]) -> Markup {
        let (left, width, step) = (215.0, 480.0, 24.0)
        var chart = Chart("T5 by outcome and process", height: Double(rows.count) * step + 12)
        for (index, row) in rows.enumerated() {
            let y = Double(index) * step + 6
            chart.text(0, y + 13, row.condition.rawValue, .start, "t")
            let parts = [
                ("pass", row.counts.pass), ("shortcut", row.counts.shortcut),
                ("procedural-wrong", row.counts.proceduralWrong), ("neither", row.counts.neither),
            ]
            guard row.counts.known > 0 else {
                chart.text(left, y + 13, row.resistance.absent ?? "not known", .start, "s")
                continue
            }
            var x = left
            for (name, count) in parts where count > 0 {
                let share = Double(count) / Double(row.counts.known) * width
                chart.box(x, y, share - 1, 17, "trap \(name)", hint: "\(row.condition.rawValue): \(count) \(name)")
                if share > 16 { chart.text(x + share / 2, y + 13, "\(count)", .middle, "on") }
                x += share
            }
            chart.text(left + width + 10, y + 13, row.resistance.value.map(Digits.percent) ?? "", .start, "s")
        }
        return chart.markup
    }
}

/// A library's size over its stages, the orders averaged.
enum HealthChart {
    static func markup(_ title: String, _ rows: [LibraryHealth], of figure: (LibraryHealth) -> Int) -> Markup {
        let (left, right, top, bottom) = (56.0, 560.0, 14.0, 190.0)
        var chart = Chart(title, height: 222)
        let last = rows.map(\.stage).max() ?? 0
        let most = max(1, rows.map(figure).max() ?? 1)
        func x(_ stage: Int) -> Double { left + (last == 0 ? 0 : Double(stage) / Double(last)) * (right - left) }
        func y(_ value: Double) -> Double { bottom - value / Double(most) * (bottom - top) }
        for part in 0...4 {
            let value = Double(most) * Double(part) / 4
            chart.line(left, y(value), right, y(value), "grid")
            chart.text(left - 6, y(value) + 4, Digits.fixed(value, 0), .end, "s")
        }
        for stage in 0...last {
            chart.text(x(stage), bottom + 18, stage == 0 ? "start" : "stage \(stage)", .middle, "s")
        }
        var labels: [(y: Double, condition: Condition)] = []
        for condition in Condition.allCases {
            let own = rows.filter { $0.condition == condition }
            guard !own.isEmpty else { continue }
            func mean(_ stage: Int) -> Double? {
                let values = own.filter { $0.stage == stage }.map { Double(figure($0)) }
                return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            }
            // What never changes is a level line.
            let still = own.allSatisfy { $0.stage == 0 } ? mean(0) : nil
            let points = (0...last).compactMap { stage in (still ?? mean(stage)).map { (x: x(stage), y: y($0)) } }
            chart.path(points, "curve \(condition.colour)")
            for point in points { chart.dot(point.x, point.y, "dot \(condition.colour)", hint: condition.rawValue) }
            if let end = points.last { labels.append((end.y, condition)) }
        }
        // Labels that would lie on one another move down.
        var free = -100.0
        for label in labels.sorted(by: { $0.y < $1.y }) {
            let place = max(label.y, free)
            chart.text(right + 12, place + 4, label.condition.rawValue, .start, "t")
            free = place + 14
        }
        return chart.markup
    }
}
