/// A skill made of instructions alone, by rule: what one could write down who has read the tasks and done none of them.
package enum ZeroShotSkill {
    /// SKILL.md of a family; nil without instructions.
    package static func text(family: String, instructions: [String]) -> String? {
        let texts = instructions.map(lines)
        guard let first = texts.first else { return nil }
        let common = first.filter { line in texts.allSatisfy { $0.contains(line) } }
        let others = texts.reduce(into: [String]()) { found, lines in
            for line in lines where !common.contains(line) && !found.contains(line) { found.append(line) }
        }
        let files = texts.joined().reduce(into: [String]()) { found, line in
            for name in quoted(line) where name.contains(".") && !found.contains(name) { found.append(name) }
        }
        var sections = ["# \(family)", "Written from the instructions of \(texts.count) tasks, before any was done."]
        sections += list("What all of them ask for", common)
        sections += list("What some of them ask for", Array(others.prefix(40)))
        sections += list("Files that they name", files.prefix(20).map { "`\($0)`" })
        return """
            ---
            name: \(family)
            description: Use when a task is of the kind \(family).
            ---

            \(sections.joined(separator: "\n\n"))

            """
    }

    private static func list(_ title: String, _ items: [String]) -> [String] {
        items.isEmpty ? [] : ["## \(title)", items.map { "- \($0)" }.joined(separator: "\n")]
    }

    /// Its lines without marks of lists and headings; fences could leave a block open.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            String(line.drop { " #-*>".contains($0) }.reversed().drop { $0 == " " }.reversed())
        }
        .filter { !$0.isEmpty && !$0.hasPrefix("```") && !$0.hasPrefix("~~~") && !$0.contains("](") }
    }

    private static func quoted(_ line: String) -> [String] {
        let parts = line.split(separator: "`", omittingEmptySubsequences: false)
        return parts.indices.filter { $0 % 2 == 1 && $0 + 1 < parts.count }.map { String(parts[$0]) }
    }
}
