import CommandLineKit
import Wire

/// Skills as rows and lines.
enum SkillTable {
    static func list(_ skills: [SkillRow]) -> Table {
        var table = Table([
            .init("SKILL", shrinks: true), .init("STATE"), .init("TIER"), .init("SCOPE", shrinks: true),
            .init("FROM", shrinks: true), .init("ADDED (UTC)"), .init("DESCRIPTION", shrinks: true),
        ])
        for skill in skills {
            table.append([
                .init(skill.text), .init(skill.state, style(of: skill.state)), .init(skill.tier),
                .init(skill.scope.isEmpty ? "everywhere" : skill.scope), .init(skill.source),
                .init(Figures.moment(skill.addedAt)), .init(skill.description),
            ])
        }
        return table
    }

    private static func style(of state: String) -> Style? {
        switch state {
        case "active", "narrowed": .green
        case "quarantined": .red
        case "deprecated": .dim
        default: nil
        }
    }

    static func details(_ result: SkillShow.Result) -> [Line] {
        let skill = result.skill
        var lines = [Line(skill.text, .bold)]
        func add(_ label: String, _ text: String) {
            lines.append(Line("  " + Layout.pad(label, to: 10), .dim) + Line(text))
        }
        add("state", "\(skill.state), \(skill.tier)")
        add("digest", skill.digest)
        add("scope", skill.scope.isEmpty ? "everywhere" : skill.scope)
        add("added", "\(Figures.moment(skill.addedAt)) UTC by \(skill.source): \(result.rationale)")
        if !result.parents.isEmpty { add("made of", result.parents.joined(separator: ", ")) }
        let usage = result.usage
        add(
            "used",
            "given to \(Figures.count(usage.mounted, "trial")), opened in \(usage.opened), followed in \(usage.followed); "
                + "helped \(usage.helped), hurt \(usage.hurt), made no difference in \(usage.neutral)"
        )
        for file in result.files { add("file", file) }
        for support in result.support {
            add(
                "support",
                "\(support.file):\(support.first)-\(support.last)  \(support.evidence.joined(separator: " "))"
            )
        }
        if !result.gate.isEmpty { lines.append(Line("  gate", .dim)) }
        lines += result.gate.map { Line("  ") + GateLines.step($0) }
        lines.append(Line(""))
        lines += result.text.split(separator: "\n", omittingEmptySubsequences: false).map { Line(String($0)) }
        return lines
    }

    static func steps(_ steps: [SkillStep]) -> Table {
        var table = Table([
            .init("NO", .right), .init("TIME (UTC)"), .init("VERSION", .right), .init("STATE"), .init("TIER"),
            .init("BY", shrinks: true), .init("REASON", shrinks: true),
        ])
        for step in steps {
            table.append([
                "\(step.number)", .init(Figures.moment(step.at)), "\(step.version)",
                .init(step.from.map { "\($0) -> \(step.to)" } ?? step.to), .init(step.tier), .init(step.actor),
                .init(step.reason),
            ])
        }
        return table
    }

    static func snapshots(_ snapshots: [SkillSnapshots.Snapshot]) -> Table {
        var table = Table([
            .init("NO", .right), .init("TIME (UTC)"), .init("SNAPSHOT"), .init("BY", shrinks: true),
            .init("REASON", shrinks: true),
        ])
        for snapshot in snapshots {
            table.append([
                "\(snapshot.number)", .init(Figures.moment(snapshot.at)),
                .init(String(snapshot.digest.dropFirst("sha256:".count).prefix(12))), .init(snapshot.actor),
                .init(snapshot.reason),
            ])
        }
        return table
    }

    static func difference(_ result: SkillDiff.Result) -> [Line] {
        let lines =
            result.removed.map { Line("- " + $0, .red) } + result.added.map { Line("+ " + $0, .green) }
            + result.changed.map { Line("~ " + $0.joined(separator: " -> ")) }
        return lines.isEmpty ? [Line("no changes")] : lines
    }

    static func problem(_ problem: SkillProblem) -> [Line] {
        let word = problem.isBinding ? Line("error: ", .red) : Line("advice: ", .yellow)
        return [word + Line("\(problem.text) [\(problem.rule)]"), Line("  remedy: " + problem.remedy)]
    }
}
