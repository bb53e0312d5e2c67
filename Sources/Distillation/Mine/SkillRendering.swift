import Skills

/// Everything that the other steps found, before it is text.
struct MineFindings: Sendable {
    let family: String
    let runs: [MinedRun]
    let groups: [[MinedStep]]
    let hints: [Contrast.Kept]
    let pitfalls: [MinedPitfall]
    let probes: [[StatementTemplate.Instance]]
    let minimisation: Result<Minimisation, Minimisation.Obstacle>

    var successes: [MinedRun] { runs.filter(\.succeeded) }
    var failures: [MinedRun] { runs.filter { !$0.succeeded } }
}

/// Turns findings into the parts of a SKILL.md (step 9).
struct SkillRendering {
    private let findings: MineFindings
    private var templates: TemplateMaker
    private var parameters: [StatementTemplate.Parameter] = []
    /// Programs that can check a result as they stand, without placeholders.
    private(set) var checks: [DistillResponse.SkillCheck] = []
    /// Programs that the skill tells to run.
    private(set) var programs: Set<String> = []
    /// Rows of the evidence table.
    private var rows: [(what: String, runs: [String])] = []

    init(_ findings: MineFindings) {
        self.findings = findings
        templates = TemplateMaker(findings.runs)
    }

    mutating func skill(named name: String) -> MinedSkill {
        let steps = steps()
        let pitfalls = pitfalls()
        let checks = checkBlocks()
        let context = SkillContext(findings)
        return MinedSkill(
            name: name,
            description: context.description,
            sections: [
                .init(title: "When to use", blocks: context.whenToUse),
                .init(title: "Not for", blocks: context.notFor),
                .init(title: "Steps", blocks: steps),
                .init(title: "Pitfalls", blocks: pitfalls),
                .init(title: "Checks", blocks: checks),
                .init(title: "Evidence", blocks: [evidence()]),
            ]
            .filter { !$0.blocks.isEmpty }
        )
    }

    private mutating func steps() -> [MinedSkill.Block] {
        var blocks: [MinedSkill.Block] = []
        for (number, group) in findings.groups.enumerated() {
            let made = group.compactMap { step in templates.template(of: step.instances).map { (step, $0) } }
            guard !made.isEmpty else { continue }
            note(made.map(\.1), made.map(\.0).flatMap(\.instances))
            let runs = made.map { Set($0.0.runs) }.reduce(Set(made[0].0.runs)) { $0.intersection($1) }
            let title = Self.title(made.flatMap { $0.0.instances[0].statement.heads })
            let decisive = made.contains { $0.0.isDecisive } ? "; failing runs lack it" : ""
            let code = made.map(\.1.text).joined(separator: "\n")
            rows.append(("step \(number + 1): \(title)", runs.sorted()))
            blocks.append(
                MinedSkill.Block(
                    "**\(number + 1). \(title)** (\(share(runs.count)) passing runs\(decisive))\n\n"
                        + Self.fenced(code),
                    .step,
                    evidence: Set(made.flatMap(\.0.evidence)).sorted(),
                    key: code,
                    rank: 1
                )
            )
        }
        if let hints = hints() { blocks.append(hints) }
        if let legend = legend(), !blocks.isEmpty { blocks.insert(legend, at: 0) }
        return blocks
    }

    /// What passing runs share in differing words.
    private func hints() -> MinedSkill.Block? {
        let shown = findings.hints.prefix(24)
        guard !shown.isEmpty else { return nil }
        // `trivy fs`, `trivy fs --offline-scan`: one line for what belongs to one command.
        var order: [String] = []
        var details: [String: [String]] = [:]
        for hint in shown {
            let (head, detail) = Self.split(hint.feature)
            if details[head] == nil { order.append(head) }
            let count = "\(hint.support) of \(hint.successes)"
            details[head, default: []].append(detail.isEmpty ? "(\(count))" : "`\(detail)` (\(count))")
        }
        let lines = order.map { "- `\($0)` " + (details[$0] ?? []).joined(separator: ", ") }
        let wanted = Set(shown.map(\.feature))
        let cited = findings.successes.flatMap { run in
            run.actions.filter { !$0.failed && !wanted.isDisjoint(with: $0.features) }.prefix(3).map(\.reference)
        }
        return .init(
            "Passing runs also did these, each in its own words:\n\n" + lines.joined(separator: "\n"),
            .fact,
            evidence: cited.sorted(),
            rank: 3
        )
    }

    /// A command and what it was given; for anything else the whole.
    private static func split(_ feature: String) -> (head: String, detail: String) {
        let plain = feature.withoutBackquotes
        let marks = [" -", " PATH", " NUM", " URL"].compactMap { plain.firstRange(of: $0)?.lowerBound }
        guard let end = marks.min() else { return (plain, "") }
        return (String(plain[..<end]), String(plain[end...].dropFirst()))
    }

    private func legend() -> MinedSkill.Block? {
        var seen: Set<String> = []
        let lines = parameters.filter { seen.insert($0.name).inserted }.map { parameter in
            let examples = parameter.examples.map { "`\($0)`" }.joined(separator: ", ")
            let parts = [Self.place(parameter.anchor), examples.isEmpty ? nil : "as \(examples)"].compactMap { $0 }
            return "- `<\(parameter.name)>`: "
                + (parts.isEmpty ? "from the task at hand" : parts.joined(separator: "; "))
        }
        guard !lines.isEmpty else { return nil }
        return .init(
            "Put in the values of the task:\n\n" + lines.joined(separator: "\n"),
            .fact,
            evidence: findings.successes.map(\.id)
        )
    }

    /// Where the instruction says a value.
    private static func place(_ anchor: TextAnchor?) -> String? {
        guard let anchor else { return nil }
        let sides = [("after", anchor.after), ("before", anchor.before)].filter { !$0.1.isEmpty }
        return "in the instruction " + sides.map { "\($0.0) `\($0.1)`" }.joined(separator: ", ")
    }

    private mutating func pitfalls() -> [MinedSkill.Block] {
        let all = findings.runs.count
        return findings.pitfalls.map { pitfall in
            let symptom = (pitfall.line ?? pitfall.signature).withoutBackquotes
            rows.append(("pitfall: \(pitfall.signature)", pitfall.runs))
            var text = "- Symptom: `\(symptom)` (\(pitfall.runs.count) of \(all) runs)."
            if let fix = templates.template(of: pitfall.fixes) {
                note([fix], pitfall.fixes)
                text += " Fix, seen in \(pitfall.fixes.count) of \(pitfall.runs.count):\n\n" + Self.fenced(fix.text)
            } else {
                text += " No run shows a fix that others share."
            }
            return .init(text, .pitfall, evidence: pitfall.evidence, key: symptom, rank: 2)
        }
    }

    private mutating func checkBlocks() -> [MinedSkill.Block] {
        var blocks: [MinedSkill.Block] = []
        for instances in findings.probes {
            guard let template = templates.template(of: instances) else { continue }
            note([template], instances)
            rows.append(("check: \(Self.title(instances[0].statement.heads))", instances.map(\.run)))
            if template.parameters.isEmpty {
                checks.append(.init(id: "k\(checks.count + 1)", run: ["sh", "-c", template.text]))
            }
            blocks.append(
                .init(
                    Self.fenced(template.text),
                    .check,
                    evidence: instances.map(\.reference),
                    key: template.text,
                    rank: 1
                )
            )
        }
        let names = CheckMining.publicChecks(in: findings.runs)
        if !names.isEmpty {
            let lines = names.prefix(20).map { "- [ ] \($0.withoutBackquotes)" }
            blocks.append(.init(lines.joined(separator: "\n"), .check, evidence: findings.successes.map(\.id)))
        }
        return blocks
    }

    private func evidence() -> MinedSkill.Block {
        let shown = rows.prefix(30).map { row in
            let runs = row.runs.prefix(4).joined(separator: ", ") + (row.runs.count > 4 ? ", …" : "")
            return "| \(row.what.withoutBackquotes.replacing("|", with: "/")) | \(row.runs.count) | \(runs) |"
        }
        let table = ["| what | runs | which |", "|---|---|---|"] + shown
        let counted = "\(findings.successes.count) passing and \(findings.failures.count) other runs of "
        let tasks = "\(Set(findings.runs.map(\.task)).count) tasks. "
        let state: String
        switch findings.minimisation {
        case .success(let found):
            state =
                "Of \(found.actions) actions of \(found.run), \(found.needed.count) were needed when it was repeated."
        case .failure(let obstacle): state = "Not minimised: \(obstacle.text)."
        }
        return .init(
            table.joined(separator: "\n") + "\n\n" + counted + tasks + state,
            .fact,
            evidence: findings.runs.map(\.id).sorted(),
            rank: 4
        )
    }

    private mutating func note(_ made: [StatementTemplate], _ instances: [StatementTemplate.Instance]) {
        parameters += made.flatMap(\.parameters)
        programs.formUnion(instances.flatMap(\.statement.programs))
    }

    private func share(_ count: Int) -> String { "\(count) of \(findings.successes.count)" }

    private static func title(_ heads: [String]) -> String {
        var seen: Set<String> = []
        let names = heads.filter { seen.insert($0).inserted }.prefix(3)
        return names.isEmpty ? "run" : names.joined(separator: ", ").withoutBackquotes
    }

    /// A block of shell whose fence is longer than any within.
    private static func fenced(_ code: String) -> String {
        var fence = "```"
        while code.contains(fence) { fence += "`" }
        return "\(fence)sh\n\(code)\n\(fence)"
    }
}

extension String {
    /// On one line, and without what would end a code span.
    var withoutBackquotes: String {
        String(map { $0 == "`" ? "'" : $0.isNewline ? " " : $0 })
    }
}
