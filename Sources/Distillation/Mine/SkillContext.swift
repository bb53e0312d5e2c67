import Skills

/// Where the runs were, and so where the skill is to be used.
struct SkillContext: Sendable {
    private let family: String
    private let runs: [MinedRun]
    private let successes: [MinedRun]
    /// Passing runs that are of a kind of work that the skill shows.
    private let shown: Int
    private let facts: [(text: String, evidence: [String])]
    /// `csv`, `xlsx`: of files that most passing runs touched, sorted.
    let suffixes: [String]
    /// Programs that most passing runs used, sorted.
    let programs: [String]

    init(_ findings: MineFindings) {
        family = findings.family
        runs = findings.runs
        successes = findings.successes
        shown = findings.shown.count
        facts = CheckMining.facts(in: findings.runs)
        let common = findings.procedures.flatMap { procedure in
            let own = procedure.successes
            let least = Contrast.leastSupport(of: own.count, minimum: 1)
            return Self.common(own.map { Self.suffixes(in: $0) }, least: least)
        }
        suffixes = Set(common).sorted()
        let steps = Set(findings.steps.flatMap { $0.instances.flatMap(\.statement.programs) })
        // A redirection or a bracket at the beginning of a line is none.
        programs = steps.filter { $0.contains(where: \.isLetter) }.sorted()
    }

    var description: String {
        var text = "Use when a task is of the kind \(family)"
        if !suffixes.isEmpty { text += ", works on \(suffixes.prefix(6).joined(separator: ", ")) files" }
        if !programs.isEmpty { text += ", or needs \(programs.prefix(8).joined(separator: ", "))" }
        text += ". Steps, pitfalls and checks of \(shown) verified runs."
        return SkillName.description(text)
    }

    var whenToUse: [MinedSkill.Block] {
        let roles = Set(successes.map(\.role)).sorted().map(\.withoutBackquotes).joined(separator: ", ")
        let tasks = Set(successes.map(\.task)).count
        var lines = [
            "- Tasks of `\(family.withoutBackquotes)` in the roles \(roles): \(successes.count) runs of \(tasks) tasks passed."
        ]
        if !suffixes.isEmpty { lines.append("- Files: " + suffixes.map { "`*.\($0)`" }.joined(separator: ", ") + ".") }
        if !programs.isEmpty {
            lines.append("- Programs: " + programs.map { "`\($0.withoutBackquotes)`" }.joined(separator: ", ") + ".")
        }
        var blocks = [MinedSkill.Block(lines.joined(separator: "\n"), .scope, evidence: successes.map(\.id).sorted())]
        if !facts.isEmpty {
            let known = facts.prefix(12).map { "- `\($0.text.withoutBackquotes)`" }.joined(separator: "\n")
            let cited = Set(facts.prefix(12).flatMap(\.evidence)).sorted()
            blocks.append(.init("The environment of all of them:\n\n" + known, .fact, evidence: cited, rank: 2))
        }
        return blocks
    }

    /// Roles and models that only failed.
    var lost: (roles: [String], models: [String]) {
        func lost(_ key: (MinedRun) -> String) -> [String] {
            Set(runs.map(key)).subtracting(successes.map(key)).sorted()
        }
        return (lost(\.role), lost(\.model))
    }

    var notFor: [MinedSkill.Block] {
        let lost = lost
        func line(_ what: String, _ name: String, _ all: Int) -> String {
            "- \(what) \(name.withoutBackquotes): none of \(all) passed."
        }
        let lines =
            lost.roles.map { role in line("Tasks of the role", role, runs.count { $0.role == role }) }
            + lost.models.map { model in line("The model", model, runs.count { $0.model == model }) }
        if lines.isEmpty {
            let text = "- Other kinds of tasks: nothing is known about them."
            return [.init(text, .scope, evidence: successes.map(\.id).sorted())]
        }
        let failing = runs.filter { lost.roles.contains($0.role) || lost.models.contains($0.model) }
        // That others passed is what makes it the role's or the model's.
        let evidence = (failing + successes).map(\.id).sorted()
        return [.init(lines.joined(separator: "\n"), .scope, evidence: evidence)]
    }

    private static func common(_ sets: [Set<String>], least: Int) -> [String] {
        var counts: [String: Int] = [:]
        for set in sets { for element in set { counts[element, default: 0] += 1 } }
        return counts.filter { $0.value >= least }.keys.sorted()
    }

    /// Extensions in a run's features, without those of programs.
    private static func suffixes(in run: MinedRun) -> Set<String> {
        let words = run.features.flatMap { $0.split(separator: " ") }
        let found = words.compactMap { word -> String? in
            if word.hasPrefix("PATH.") { return String(word.dropFirst(5)) }
            return word.hasPrefix("*.") ? String(word.dropFirst(2)) : nil
        }
        return Set(found).subtracting(["py", "sh", "js", "rb", "pl"])
    }
}
