package import Skills

/// What a skill tells to do, in parts that can be done: steps, what to do against errors, checks.
package struct Procedure: Sendable {
    /// A code block, and the line of text above it.
    package struct Step: Sendable, Hashable {
        package let title: String
        package let code: String
        /// Of which words a task has to speak for which it is: none is any task; nil is one that no condition is for.
        package var condition: [String]?
    }

    /// An error that a skill knows, and what helps.
    package struct Pitfall: Sendable, Hashable {
        package let symptom: String
        package let fix: String
    }

    package let name: String
    package private(set) var steps: [Step] = []
    package private(set) var pitfalls: [Pitfall] = []
    package private(set) var checks: [Step] = []
    /// What the skill says of its placeholders.
    package private(set) var legend: [String: PlaceholderClue] = [:]

    /// `documents` are SKILL.md and the files that it names, as they were read; a reference's sections belong to those of the
    /// same kind.
    package init(name: String, documents: [String]) {
        self.name = name
        let parsed = documents.map { text in
            let lines = MarkdownOutline.lines(of: text)
            let front = SkillDocument.frontMatter(in: lines)
            return (lines: lines, outline: MarkdownOutline(lines, from: front.upperBound))
        }
        let hasSteps = parsed.contains { document in document.outline.sections.contains { Part($0.title) == .steps } }
        for document in parsed {
            take(document.lines, document.outline, unnamed: hasSteps ? nil : .steps)
        }
        // Recorded runs have no steps of their own; the latest is the last.
        if steps.isEmpty, let last = parsed.last(where: { RecordedRun($0.outline) != nil }) {
            steps = RecordedRun(last.outline)?.commands.map { Step(title: "as recorded", code: $0) } ?? []
        }
    }

    private mutating func take(_ lines: [String], _ outline: MarkdownOutline, unnamed: Part?) {
        for line in lines {
            if let (name, clue) = PlaceholderClue.entry(line) { legend[name] = clue }
        }
        for block in outline.codeBlocks {
            guard let code = Self.command(block) else { continue }
            let title = Self.title(above: block.opening, in: lines)
            let condition = outline.condition(of: block.opening)
            switch Self.part(of: block.opening, in: outline) ?? unnamed {
            case .steps: steps.append(Step(title: title, code: code, condition: condition))
            case .checks: checks.append(Step(title: title, code: code, condition: condition))
            case .pitfalls:
                guard let symptom = Self.symptom(above: block.opening, in: lines) else { continue }
                pitfalls.append(Pitfall(symptom: symptom, fix: code))
            case .other, nil: continue
            }
        }
    }

    /// The share of a condition's words of which a task must speak.
    private static let leastShare = 0.5

    /// The steps for the kind of task of which the instruction speaks; where it speaks of none, those without a condition.
    ///
    /// With both go those that are for any case, in the order of the file; and all checks without a condition.
    package func suited(to instruction: String) -> Procedure {
        let words = Set(TaskWords.words(of: instruction))
        let conditions = (steps + checks).compactMap(\.condition).filter { !$0.isEmpty }
        let shares = conditions.map { Double($0.count(where: words.contains)) / Double(max(1, $0.count)) }
        guard let best = conditions.indices.min(by: { (-shares[$0], $0) < (-shares[$1], $1) }) else { return self }
        let isForAny = shares[best] < Self.leastShare && steps.contains { ($0.condition ?? []).isEmpty }
        let chosen = isForAny ? nil : conditions[best]
        var own = self
        own.steps = steps.filter { $0.condition == chosen || $0.condition == [] }
        own.checks = checks.filter { ($0.condition ?? []).isEmpty || $0.condition == chosen }
        return own
    }

    /// What a section is for, by its title.
    private enum Part {
        case steps, pitfalls, checks, other

        init?(_ title: String) {
            // Its words are the task's.
            guard TaskWords.condition(title) == nil else { return nil }
            let words = title.lowercased()
            func has(_ names: [String]) -> Bool { names.contains { words.contains($0) } }
            if has(["pitfall", "troubleshoot", "gotcha", "errors", "mistakes"]) {
                self = .pitfalls
            } else if has(["check", "verif", "validat"]) {
                self = .checks
            } else if has(["step", "procedure", "workflow", "quick start", "usage", "how to"]) {
                self = .steps
            } else if has(["evidence", "not for", "when to use", "example"]) {
                self = .other
            } else {
                return nil
            }
        }
    }

    /// Of the innermost section around a line that says what it is for.
    private static func part(of line: Int, in outline: MarkdownOutline) -> Part? {
        outline.sections.last { $0.whole.contains(line) && Part($0.title) != nil }.flatMap { Part($0.title) }
    }

    /// A block as a shell runs it; nil for what is no program.
    private static func command(_ block: MarkdownOutline.CodeBlock) -> String? {
        let code = unindented(block.code)
        guard block.isClosed, !code.isEmpty else { return nil }
        switch block.language {
        case "", "sh", "bash", "shell": return code
        case "console":
            let commands = code.split(separator: "\n").filter { $0.hasPrefix("$ ") }.map { $0.dropFirst(2) }
            return commands.isEmpty ? nil : commands.joined(separator: "\n")
        case "python", "python3", "py":
            var mark = "PYTHON"
            while code.split(separator: "\n").contains(where: { $0 == mark }) { mark += "_" }
            return "python3 - <<'\(mark)'\n\(code)\n\(mark)"
        default: return nil
        }
    }

    /// Without what all lines are indented by, as blocks in lists are, and without empty lines at the end.
    private static func unindented(_ code: String) -> String {
        let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
        let indents = lines.filter { !$0.allSatisfy(\.isWhitespace) }.map { $0.prefix { $0 == " " }.count }
        var kept = lines.map { $0.dropFirst(min($0.prefix { $0 == " " }.count, indents.min() ?? 0)) }
        while kept.last?.allSatisfy(\.isWhitespace) == true { kept.removeLast() }
        return kept.joined(separator: "\n")
    }

    private static func title(above line: Int, in lines: [String]) -> String {
        let above = lines[..<max(0, line)].reversed().drop { $0.allSatisfy(\.isWhitespace) }
        let text = above.prefix { !$0.allSatisfy(\.isWhitespace) }.last ?? ""
        return String(text.filter { $0 != "*" && $0 != "#" && !$0.isNewline }.drop { $0 == " " })
    }

    /// The first backquoted text of the list item that the block belongs to, if it speaks of a symptom.
    private static func symptom(above line: Int, in lines: [String]) -> String? {
        let text = lines[..<max(0, line)].last { $0.contains("`") } ?? ""
        let pieces = text.split(separator: "`", omittingEmptySubsequences: false)
        return pieces.count >= 3 && pieces[1].count >= 4 ? String(pieces[1]) : nil
    }
}

/// A run as the distiller `raw` keeps it: each action behind its number, then what it printed.
struct RecordedRun {
    let commands: [String]

    init?(_ outline: MarkdownOutline) {
        let lines = outline.codeBlocks.filter { $0.language == "text" }.flatMap {
            $0.code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        var found: [String] = []
        for (number, line) in lines.enumerated() {
            guard line.hasPrefix("[a"), let shell = Self.shells.compactMap({ line.firstRange(of: $0) }).first else {
                continue
            }
            var command = String(line[shell.upperBound...])
            var next = number + 1
            if let mark = command.firstRange(of: "<<'") {
                let word = command[mark.upperBound...].prefix { $0 != "'" }
                while next < lines.count, lines[next - 1] != word, !lines[next].hasPrefix("[a") {
                    command += "\n" + lines[next]
                    next += 1
                }
            }
            let failed = next < lines.count && lines[next].hasPrefix("exit ")
            // What the record left out cannot be done again.
            if !failed, !command.contains(" ... ") { found.append(command) }
        }
        guard !found.isEmpty else { return nil }
        commands = found
    }

    private static let shells = ["] /bin/bash -c ", "] /bin/sh -c ", "] bash -c ", "] sh -c "]
}
