import Skills

/// Whether a skill is for the task, by the words that its name and description share with it.
struct SkillFit: Sendable {
    /// The words, or rather their beginnings, sorted.
    let shared: [String]

    /// Fewer shared words than half of what the best skill has is not for this task.
    static let leastShare = 0.5

    init(name: String, description: String, _ seen: Surroundings) {
        let own = Self.stems(name + " " + description)
        let suffixes = Set((seen.files + seen.namedPaths).compactMap(Surroundings.suffix))
        let names = (seen.files + seen.namedPaths).joined(separator: " ")
        let theirs = Self.stems(seen.instruction + " " + names).union(suffixes.map { $0.lowercased() })
        shared = own.intersection(theirs).sorted()
    }

    /// Words by their first six letters, so that `recovery` is `recovered`; without those that every description has.
    private static func stems(_ text: String) -> Set<String> {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }.filter { $0.count >= 2 && !common.contains($0) }
        return Set(words.map { String($0.prefix(6)) })
    }

    private static let common: Set<Substring> = [
        "about", "after", "all", "an", "and", "any", "are", "as", "at", "be", "before", "but", "by", "can", "checks", "common",
        "do", "each", "file", "files", "for", "from", "have", "how", "if", "in", "into", "is", "it", "its", "kind", "may", "needs",
        "no", "not", "of", "on", "one", "or", "passed", "pitfalls", "python3", "python", "recorded", "runs", "skill", "steps",
        "task", "tasks", "that", "the", "their", "then", "there", "this", "to", "use", "used", "verified", "what", "when",
        "where", "which", "with", "works",
        // Programs that everything needs.
        "cat", "cp", "ls", "mkdir", "sh", "app",
    ]
}
