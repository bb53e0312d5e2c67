/// Tables and sections of the page.
enum PageTable {
    static func section(_ title: String, _ about: String?, _ content: Markup...) -> Markup {
        .element(
            "section",
            [],
            [.text("h3", [], title)] + (about.map { [.text("p", [], $0)] } ?? []) + content
        )
    }

    static func table(_ titles: [String], _ rows: [[Markup]]) -> Markup {
        let head = Markup.element("tr", [], titles.map { .text("th", [], $0) })
        let body = rows.map { row in Markup.element("tr", [], row.map(cell)) }
        return .element(
            "div",
            [("class", "wide")],
            [.element("table", [], [.element("thead", [], [head]), .element("tbody", [], body)])]
        )
    }

    private static func cell(_ content: Markup) -> Markup {
        content.text.hasPrefix("<td") ? content : .element("td", [], [content.text.isEmpty ? " " : content])
    }

    static func legend(_ conditions: [Condition]) -> Markup {
        .element(
            "p",
            [("class", "legend")],
            conditions.map { condition in
                .element(
                    "span",
                    [],
                    [
                        .text("i", [("class", condition.colour)], ""), Markup(escaping: " \(condition.rawValue)  "),
                    ]
                )
            }
        )
    }

    static let comparisonTitles = [
        "tasks", "without", "with", "repaired", "broken", "lift", "95 % interval", "p", "least p",
    ]

    static func cells(_ comparison: Measured<Comparison>) -> [Markup] {
        guard let found = comparison.value else {
            let why = Markup.text(
                "td",
                [("colspan", "\(comparisonTitles.count)"), ("class", "none")],
                comparison.absent ?? ""
            )
            return [why]
        }
        let interval = found.low.flatMap { low in
            found.high.map { "\(Digits.points(low)) to \(Digits.points($0))" }
        }
        return [
            "\(found.tasks)", "\(found.passedBefore)", "\(found.passedAfter)", "\(found.repairs)",
            "\(found.regressions)", Digits.points(found.lift), interval ?? "one task", Digits.chance(found.helps),
            Digits.chance(found.leastP),
        ].map { .text("td", [("class", "n")], $0) }
    }

    /// A number, or a dash whose reason a resting pointer is told.
    static func number(_ value: Double?, _ show: (Double) -> String, absent: String) -> Markup {
        value.map { .text("td", [("class", "n")], show($0)) }
            ?? .text("td", [("class", "n none"), ("title", absent)], "–")
    }

    /// A gain with the colour of its size.
    static func heat(_ comparison: Measured<Comparison>, _ mark: String = "") -> Markup {
        guard let found = comparison.value else {
            return .text("td", [("class", "n none"), ("title", comparison.absent ?? "")], "–")
        }
        let strength = min(5, Int((abs(found.lift) * 5).rounded(.up)))
        let kind = strength == 0 ? "h0" : (found.lift > 0 ? "up\(strength)" : "down\(strength)")
        let hint =
            "\(found.tasks) tasks, \(found.repairs) repaired, \(found.regressions) broken, p \(Digits.chance(found.helps))"
        return .text("td", [("class", "n heat \(kind)"), ("title", hint)], Digits.points(found.lift) + mark)
    }
}
