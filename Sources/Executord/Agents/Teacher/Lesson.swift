import Statistics

/// What a scripted expert does: the solution's commands, with mistakes and repairs that a seed draws.
///
/// Of ten seeds three make a mistake that is not repaired, so that there are failures to learn from.
struct Lesson: Sendable {
    let commands: [String]

    private static let spoiltInTen = 3

    init(_ solution: [String], seed: UInt64, workingDirectory: String) {
        var random = SplitMix64(seed: seed ^ Self.sum(solution))
        // What is drawn first in every lesson, so that one more command changes nothing of it.
        let isSpoilt = Int.random(in: 0..<10, using: &random) < Self.spoiltInTen
        let looksAround = Int.random(in: 0..<10, using: &random) < 7
        let slips = Int.random(in: 1...3, using: &random)
        var steps = solution.map { [$0] }
        for _ in 0..<slips {
            guard let place = steps.indices.randomElement(using: &random), steps[place].count == 1 else { continue }
            let next = place + 1 < solution.count ? solution[place + 1] : nil
            let kinds = Slip.allCases.compactMap { $0.commands(for: solution[place], next: next, last: solution.last) }
            if let drawn = kinds.randomElement(using: &random) { steps[place] = drawn }
        }
        if isSpoilt { Self.spoil(&steps, solution, &random) }
        if looksAround {
            let looks = ["ls -la \(workingDirectory)", "find \(workingDirectory) -type f | head -n 50"]
            steps.insert([looks.randomElement(using: &random) ?? looks[0]], at: 0)
        }
        commands = steps.flatMap { $0 }
    }

    /// FNV-1a of the solution: with one seed, tasks have lessons of their own.
    private static func sum(_ solution: [String]) -> UInt64 {
        solution.joined(separator: "\0").utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
    }

    /// Leaves a step out, does it on something else, or gives up before it.
    private static func spoil(_ steps: inout [[String]], _ solution: [String], _ random: inout SplitMix64) {
        let works = solution.indices.filter { !ExpertCommand(solution[$0]).onlyLooks }
        guard let place = works.randomElement(using: &random) else { return }
        let kind = Int.random(in: 0..<3, using: &random)
        if kind == 0 {
            steps[place] = []
        } else if kind == 1, let wrong = ExpertCommand(solution[place]).withWrongPath {
            steps[place] = [wrong]
        } else {
            steps.removeSubrange(place...)
        }
    }
}

/// A mistake that is noticed and repaired.
enum Slip: CaseIterable, Sendable {
    case wrongPath, wrongFlag, otherInterpreter, missingDirectory, prematureCheck, repetition

    /// What is done instead of `command` alone; nil where the mistake cannot be made.
    func commands(for command: String, next: String?, last: String?) -> [String]? {
        let expert = ExpertCommand(command)
        switch self {
        case .wrongPath:
            // On something that is read only: what is written to a wrong place stays there.
            guard expert.onlyLooks || expert.program == "cp", let wrong = expert.withWrongPath else { return nil }
            return [wrong, command]
        case .wrongFlag: return expert.withWrongFlag.map { [$0, command] }
        case .otherInterpreter: return expert.withOtherInterpreter.map { [$0, command] }
        case .missingDirectory:
            guard expert.program == "mkdir", expert.isLine, let next else { return nil }
            return [next, command]
        case .prematureCheck:
            guard let last, last != command, ExpertCommand(last).onlyLooks, !expert.onlyLooks else { return nil }
            return [last, command]
        case .repetition:
            guard expert.onlyLooks || (expert.program == "mkdir" && command.contains("-p")) else { return nil }
            return [command, command]
        }
    }
}
