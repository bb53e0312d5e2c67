/// What SkillEvolBench says of one agent.
struct PageLibraries {
    private let plan: EvaluationPlan
    private let part: EvaluationReport.AgentPart

    init(_ plan: EvaluationPlan, _ part: EvaluationReport.AgentPart) {
        self.plan = plan
        self.part = part
    }

    var sections: [Markup] {
        [rates, tiers, traps, comparisons, families, health, revisions, transfer, compositions]
    }

    private var rates: Markup {
        func rows(_ role: String?) -> [EvaluationReport.RateRow] {
            part.rates.filter { $0.role == role && $0.tier == nil && $0.part == nil && $0.order == nil }
        }
        let groups = [(name: "all roles", rows: rows(nil))] + plan.roles.map { (name: $0, rows: rows($0)) }
        let orders = part.rates.filter { $0.order != nil }.map { row in
            [Markup(escaping: row.condition.rawValue), Markup(escaping: row.order?.rawValue ?? "")]
                + [PageTable.number(row.rate.value?.mean, Digits.percent, absent: row.rate.absent ?? "")]
        }
        return PageTable.section(
            "Pass rate on tasks that nothing was learnt from",
            "Dots are means over tasks, each counted once; lines are Wilson's 95 % intervals.",
            RateCharts.intervals("Pass rate by role and condition", groups),
            .element(
                "details",
                [],
                [
                    .text("summary", [], "By order of learning"),
                    PageTable.table(["condition", "order", "rate"], orders),
                ]
            )
        )
    }

    private var tiers: Markup {
        let rows = part.rates.filter { $0.tier != nil && $0.role == nil }
        let table = plan.conditions.map { condition in
            [Markup(escaping: condition.rawValue)]
                + Tier.allCases.map { tier in
                    let rate = rows.first { $0.condition == condition && $0.tier == tier }?.rate
                    return PageTable.number(rate?.value?.mean, Digits.percent, absent: rate?.absent ?? "")
                }
        }
        return PageTable.section(
            "Pass rate by tier",
            "T1 to T3 are unseen instances of what was learnt; T4 shifts the context, T5 sets a trap, T6 composes two procedures.",
            PageTable.legend(plan.conditions),
            RateCharts.tiers("Pass rate by tier and condition", rows, conditions: plan.conditions),
            PageTable.table(["condition"] + Tier.allCases.map(\.title), table)
        )
    }

    private var traps: Markup {
        PageTable.section(
            "T5: procedure or shortcut",
            "Resistance to the trap, on the right, is the share of trials with outcome and process both right.",
            .element(
                "p",
                [("class", "legend")],
                [
                    ("pass", "both right"), ("shortcut", "shortcut: only the outcome"),
                    ("procedural-wrong", "only the process"), ("neither", "neither"),
                ].map { kind, text in
                    .element(
                        "span",
                        [],
                        [.text("i", [("class", "trap \(kind)")], ""), Markup(escaping: " \(text)  ")]
                    )
                }
            ),
            TrapChart.markup(part.traps)
        )
    }

    private var comparisons: Markup {
        let rows = part.comparisons.filter { $0.family == nil }.map { row in
            [
                Markup(escaping: row.condition.rawValue), Markup(escaping: row.against.rawValue),
                Markup(escaping: row.part.title),
            ] + PageTable.cells(row.comparison)
        }
        let recovery = part.comparisons.filter { $0.family == nil && $0.part == .learning && $0.against == .noSkill }
            .map { row in
                [
                    Markup(escaping: row.condition.rawValue),
                    PageTable.number(row.comparison.value?.recovery, Digits.percent, absent: "nothing had failed"),
                    PageTable.number(row.comparison.value?.regression, Digits.percent, absent: "nothing had passed"),
                    PageTable.number(row.comparison.value?.lift, Digits.points, absent: row.comparison.absent ?? ""),
                ]
            }
        return PageTable.section(
            "Paired with no skill, and with the control",
            "p is the one-sided sign-flip test over tasks that the condition helps; with so few tasks it cannot go below "
                + "'least p'. Many are tested here and none is corrected for that.",
            PageTable.table(["condition", "against", "tasks"] + PageTable.comparisonTitles, rows),
            .text("h4", [], "Replay of what was learnt from"),
            PageTable.table(["condition", "recovery", "regression", "lift"], recovery)
        )
    }

    private var families: Markup {
        let conditions = plan.conditions.filter { $0 != .noSkill }
        let rows = plan.families.map { family in
            [Markup(escaping: family.name)]
                + conditions.flatMap { condition in
                    [Instance.Part.heldOut, .frozen].map { kind in
                        let row = part.comparisons.first {
                            $0.family == family.name && $0.part == kind && $0.condition == condition
                                && $0.against == .noSkill
                        }
                        return PageTable.heat(row?.comparison ?? .absent("not measured"))
                    }
                }
        }
        let titles = conditions.flatMap { ["\($0.rawValue) T1–T3", "T4–T6"] }
        return PageTable.section(
            "Lift by family, in points",
            "Pass rate with the condition's library less that without skills.",
            PageTable.table(["family"] + titles, rows)
        )
    }

    private var health: Markup {
        let rows = part.health.map { row in
            [
                Markup(escaping: row.condition.rawValue), Markup(escaping: row.order.rawValue),
                .text("td", [("class", "n")], "\(row.stage)"), .text("td", [("class", "n")], "\(row.skills)"),
                .text("td", [("class", "n")], "\(row.lines)"), .text("td", [("class", "n")], "\(row.bytes)"),
                PageTable.number(row.inflation, { Digits.fixed($0, 2) }, absent: ""),
                PageTable.number(row.consolidation, { Digits.fixed($0, 2) }, absent: "no skill was made"),
                PageTable.number(row.redundancy, Digits.percent, absent: "no skill"),
                .text("td", [("class", "n")], "\(row.harmful) of \(row.judged)"),
            ]
        }
        return PageTable.section(
            "Library health over time",
            "Harmful: of skills that were opened in three trials or more, those with which seven tenths failed, "
                + "whether or not the same tasks fail without them.",
            HealthChart.markup("Lines in the library by stage", part.health, of: \.lines),
            .element(
                "details",
                [],
                [
                    .text("summary", [], "Every stage"),
                    PageTable.table(
                        [
                            "condition", "order", "stage", "skills", "lines", "bytes", "skills a family",
                            "revised per made", "redundant lines", "harmful",
                        ],
                        rows
                    ),
                ]
            )
        )
    }

    private var revisions: Markup {
        let rows = part.revisions.map { row in
            [
                Markup(escaping: row.condition.rawValue),
                PageTable.number(row.acceptance, Digits.percent, absent: "none"),
            ]
                + [row.applied, row.refused, row.unchanged, row.helped, row.hurt, row.neutral].map {
                    .text("td", [("class", "n")], "\($0)")
                } + [PageTable.number(row.overfitted, Digits.percent, absent: "no change helped where it came from")]
        }
        return PageTable.section(
            "Safety of revisions",
            "Whether a change helped or hurt is seen on the same family's tasks of the next tier, before they are learnt from.",
            PageTable.table(
                [
                    "condition", "accepted", "applied", "refused", "unchanged", "helped", "hurt", "neutral",
                    "overfitted",
                ],
                rows
            )
        )
    }

    private var transfer: Markup {
        let rows = part.transfer.map { row in
            [
                Markup(escaping: row.condition.rawValue),
                PageTable.number(row.reuse, Digits.percent, absent: "no trials"),
                PageTable.number(row.foreignUse, Digits.percent, absent: "no trials"),
                PageTable.number(row.positive, Digits.percent, absent: "no pairs"),
                PageTable.number(row.negative, Digits.percent, absent: "no pairs"),
                PageTable.number(
                    row.interference,
                    Digits.percent,
                    absent: "no task had only another family's skill opened"
                ),
                PageTable.number(row.forgetting, Digits.percent, absent: "nothing was learnt that could be forgotten"),
            ]
        }
        return PageTable.section(
            "Transfer",
            "Positive and negative are of the frozen tasks; forgotten is what passed after its stage and fails in the end.",
            PageTable.table(
                [
                    "condition", "own skill opened", "another's opened", "positive", "negative", "interference",
                    "forgotten",
                ],
                rows
            )
        )
    }

    private var compositions: Markup {
        let rows = part.compositions.map { row in
            [Markup(escaping: row.condition.rawValue)]
                + [row.passed, row.failedUnread, row.failedWithOwn, row.failedWithOthers].map {
                    .text("td", [("class", "n")], "\($0)")
                }
        }
        return PageTable.section(
            "T6: compositions",
            "Trials, by what the agent had opened.",
            PageTable.table(
                [
                    "condition", "passed", "failed, none opened", "failed, own skill opened",
                    "failed, only others opened",
                ],
                rows
            )
        )
    }
}

extension Instance.Part {
    package var title: String {
        switch self {
        case .learning: "learnt from"
        case .heldOut: "unseen T1–T3"
        case .frozen: "T4–T6"
        }
    }
}
