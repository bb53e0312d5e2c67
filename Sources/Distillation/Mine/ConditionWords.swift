import Skills

/// By which words a reader knows a kind of work: those that all of its instructions have, and no other kind's.
enum ConditionWords {
    /// More are no heading.
    private static let most = 6

    /// For each kind; of a kind alone those that `others` have not, and all if they have all.
    static func words(of kinds: [[MinedRun]], unlike others: Set<String> = []) -> [[String]] {
        let spoken = kinds.map(instructions)
        return spoken.enumerated().map { number, own in
            let shared = own.dropFirst().reduce(Set(own.first ?? [])) { $0.intersection($1) }
            let rest = spoken.enumerated().filter { $0.offset != number }.flatMap { $0.element.joined() }
            let telling = shared.subtracting(kinds.count > 1 ? Set(rest) : others)
            let words = telling.isEmpty && kinds.count == 1 ? shared : telling
            return longest((own.first ?? []).filter(words.contains))
        }
    }

    /// Kinds that no word tells apart made one: no heading could say for which of them it is.
    static func toldApart(_ kinds: [[MinedRun]]) -> [[MinedRun]] {
        var kinds = kinds
        while kinds.count > 1, let mute = words(of: kinds).lastIndex(where: \.isEmpty) {
            let gone = kinds.remove(at: mute)
            let own = vocabulary(gone)
            let likeness = kinds.map { WorkKinds.jaccard(own, vocabulary($0)) }
            guard let nearest = kinds.indices.min(by: { (-likeness[$0], $0) < (-likeness[$1], $1) }) else { break }
            kinds[nearest] = (kinds[nearest] + gone).sorted { $0.id < $1.id }
        }
        return WorkKinds.commonestFirst(kinds)
    }

    /// The words of each passed task's instruction, in their order; the tasks by name.
    static func instructions(of runs: [MinedRun]) -> [[String]] {
        var instructions: [String: [String]] = [:]
        for run in runs where run.succeeded {
            instructions[run.task] = TaskWords.words(of: run.source.task.instruction)
        }
        return instructions.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func vocabulary(_ runs: [MinedRun]) -> Set<String> { Set(instructions(of: runs).joined()) }

    /// Long words say more than short ones; in their order.
    private static func longest(_ words: [String]) -> [String] {
        let ranked = words.enumerated().sorted {
            (-$0.element.count, $0.offset) < (-$1.element.count, $1.offset)
        }
        return ranked.prefix(most).sorted { $0.offset < $1.offset }.map(\.element)
    }
}
