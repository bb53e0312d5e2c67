import Skills

/// Turns findings into the parts of a SKILL.md (step 9).
struct SkillRendering {
    private let findings: MineFindings
    /// Steps stand one by one, so that what a skill says of several already is not said again.
    private let isRevision: Bool
    private var templates: TemplateMaker
    private var parameters: [StatementTemplate.Parameter] = []
    /// Programs that can check a result as they stand, without placeholders.
    private(set) var checks: [DistillResponse.SkillCheck] = []
    /// Programs that the skill tells to run.
    private(set) var programs: Set<String> = []
    /// Rows of the evidence table.
    private var rows: [(what: String, runs: [String])] = []

    init(_ findings: MineFindings, isRevision: Bool) {
        self.findings = findings
        self.isRevision = isRevision
        templates = TemplateMaker(findings.runs)
    }

    mutating func skill(named name: String) -> MinedSkill {
        let steps = findings.procedures.flatMap { self.steps(of: $0) }
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

    private mutating func steps(of procedure: MinedProcedure) -> [MinedSkill.Block] {
        var blocks: [MinedSkill.Block] = []
        let passing = procedure.successes
        let known = parameters.count
        let groups = isRevision ? procedure.groups.joined().map { [$0] } : procedure.groups
        for (number, group) in groups.enumerated() {
            let made = group.compactMap { step in templates.template(of: step.instances).map { (step, $0) } }
            guard !made.isEmpty else { continue }
            note(made.map(\.1), made.map(\.0).flatMap(\.instances))
            let runs = made.map { Set($0.0.runs) }.reduce(Set(made[0].0.runs)) { $0.intersection($1) }
            let title = Self.title(made.flatMap { $0.0.instances[0].statement.heads })
            let decisive = made.contains { $0.0.isDecisive } ? "; failing runs lack it" : ""
            let code = made.map(\.1.text).joined(separator: "\n")
            rows.append((Self.label(procedure) + "step \(number + 1): \(title)", runs.sorted()))
            var block = MinedSkill.Block(
                "**\(number + 1). \(title)** (\(runs.count) of \(passing.count) passing runs\(decisive))\n\n"
                    + Self.fenced(code),
                .step,
                evidence: Set(made.flatMap(\.0.evidence)).sorted(),
                key: code,
                rank: 1
            )
            block.legend = Self.legend(made.flatMap(\.1.parameters))
            blocks.append(block)
        }
        if let hints = hints(procedure) { blocks.append(hints) }
        let legend = Self.legend(parameters[known...])
        if !legend.isEmpty, !blocks.isEmpty {
            blocks.insert(MinedSkill.LegendLine.block(legend, evidence: passing.map(\.id)), at: 0)
        }
        return Self.blocks(blocks, for: procedure)
    }

    private static func blocks(_ blocks: [MinedSkill.Block], for procedure: MinedProcedure) -> [MinedSkill.Block] {
        blocks.map { block in
            var own = block
            own.condition = procedure.condition
            return own
        }
    }

    /// What tells the steps of several procedures apart in a table.
    private static func label(_ procedure: MinedProcedure) -> String {
        procedure.condition.first.map { "when \($0): " } ?? ""
    }

    /// What passing runs share in differing words.
    private func hints(_ procedure: MinedProcedure) -> MinedSkill.Block? {
        let shown = procedure.hints.prefix(24)
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
        let cited = procedure.successes.flatMap { run in
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

    private static func legend(_ parameters: some Sequence<StatementTemplate.Parameter>) -> [MinedSkill.LegendLine] {
        var seen: Set<String> = []
        return parameters.filter { seen.insert($0.name).inserted }.map {
            .init(name: $0.name, clue: PlaceholderClue(anchor: $0.anchor, examples: $0.examples))
        }
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
        let probes = findings.procedures.flatMap { self.probes(of: $0) }
        let names = CheckMining.publicChecks(in: findings.runs)
        guard !names.isEmpty else { return probes }
        let lines = names.prefix(20).map { "- [ ] \($0.withoutBackquotes)" }
        let list = MinedSkill.Block(
            lines.joined(separator: "\n"),
            .check,
            evidence: findings.successes.map(\.id)
        )
        // Below a heading it would be for one kind only.
        return probes.contains { !$0.condition.isEmpty } ? [list] + probes : probes + [list]
    }

    private mutating func probes(of procedure: MinedProcedure) -> [MinedSkill.Block] {
        var blocks: [MinedSkill.Block] = []
        for instances in procedure.probes {
            guard let template = templates.template(of: instances) else { continue }
            note([template], instances)
            let title = Self.title(instances[0].statement.heads)
            rows.append((Self.label(procedure) + "check: \(title)", instances.map(\.run)))
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
        return Self.blocks(blocks, for: procedure)
    }

    private func evidence() -> MinedSkill.Block {
        let shown = rows.prefix(30).map { row in
            let runs = row.runs.prefix(4).joined(separator: ", ") + (row.runs.count > 4 ? ", …" : "")
            return "| \(row.what.withoutBackquotes.replacing("|", with: "/")) | \(row.runs.count) | \(runs) |"
        }
        let table = ["| what | runs | which |", "|---|---|---|"] + shown
        let counted = "\(findings.successes.count) passing and \(findings.failures.count) other runs of "
        let tasks = "\(Set(findings.runs.map(\.task)).count) tasks. "
        return .init(
            table.joined(separator: "\n") + "\n\n" + counted + tasks + minimised,
            .fact,
            evidence: findings.runs.map(\.id).sorted(),
            rank: 4
        )
    }

    /// What repeating runs has shown, run by run.
    private var minimised: String {
        let all = findings.procedures.map(\.minimisation)
        let found = all.flatMap(\.runs).map {
            $0.isComplete
                ? "Of \($0.actions) actions of \($0.id), \($0.needed.count) were needed when it was repeated."
                : "Of \($0.actions) actions of \($0.id), \($0.needed.count) were left when no more repetitions were."
        }
        var seen: Set<Minimisation.Obstacle> = []
        let obstacles = all.flatMap(\.obstacles).filter { seen.insert($0).inserted }
        return (found + obstacles.map { "Not minimised: \($0.text)." }).joined(separator: " ")
    }

    private mutating func note(_ made: [StatementTemplate], _ instances: [StatementTemplate.Instance]) {
        parameters += made.flatMap(\.parameters)
        programs.formUnion(instances.flatMap(\.statement.programs))
    }

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
