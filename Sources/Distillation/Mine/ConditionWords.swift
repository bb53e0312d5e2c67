import Skills

/// By which words a reader knows a kind of work: those of its instructions that no other kind's have.
enum ConditionWords {
    /// More are no heading.
    private static let most = 6

    /// Long words say more than short ones; in their order.
    private static func longest(_ words: [String]) -> [String] {
        let ranked = words.enumerated().sorted {
            (-$0.element.count, $0.offset) < (-$1.element.count, $1.offset)
        }
        return ranked.prefix(most).sorted { $0.offset < $1.offset }.map(\.element)
    }

    /// For each kind; of a kind that has no such word the name of a task; empty where there is one kind only.
    static func words(of kinds: [[MinedRun]]) -> [[String]] {
        guard kinds.count > 1 else { return kinds.map { _ in [] } }
        let tasks = kinds.map { runs in
            var instructions: [String: [String]] = [:]
            for run in runs where run.succeeded {
                instructions[run.task] = TaskWords.words(of: run.source.task.instruction)
            }
            return instructions.sorted { $0.key < $1.key }
        }
        return tasks.enumerated().map { number, own in
            let others = tasks.enumerated().filter { $0.offset != number }.flatMap { $0.element.flatMap(\.value) }
            let shared = own.dropFirst().reduce(Set(own.first?.value ?? [])) { $0.intersection($1.value) }
                .subtracting(others)
            let found = (own.first?.value ?? []).filter(shared.contains)
            return found.isEmpty ? own.prefix(1).map(\.key) : longest(found)
        }
    }
}
