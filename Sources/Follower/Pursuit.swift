import Skills

/// Doing what one skill says: its steps in order, its fixes where their symptoms show, its checks.
struct Pursuit: Sendable {
    private let procedure: Procedure
    private let alternatives: [String: [String]]
    /// Which of the alternatives holds for now.
    private var choice: [String: Int] = [:]
    /// Placeholders of steps that went well: nothing is tried on them any more.
    private var settled: Set<String> = []
    private var usedFixes: Set<Int> = []
    private var number = 0
    private var tries = 0
    private var last: Kind?
    private var skipped: [String] = []

    private enum Kind { case work, fix }

    /// How often a step is done with other values.
    private static let mostTries = 4

    init(_ procedure: Procedure, _ seen: Surroundings) {
        self.procedure = procedure
        alternatives = Binding(procedure, seen).candidates
    }

    /// Steps, then checks.
    private var work: [Procedure.Step] { procedure.steps + procedure.checks }

    /// What comes next; nil when all is done or given up.
    mutating func next(after observation: Observation?) -> FollowerMove? {
        if let observation, let last { take(observation, last) }
        if let repair = repair(observation) { return repair }
        while number < work.count {
            let step = work[number]
            let missing = Placeholder.names(in: step.code).filter { alternatives[$0]?.isEmpty ?? true }
            if missing.isEmpty {
                last = .work
                return FollowerMove(filled(step.code), reason: reason(step))
            }
            skipped.append("step \(number + 1): nothing known for " + missing.map { "<\($0)>" }.joined(separator: ", "))
            advance()
        }
        return nil
    }

    /// What was left out and why, since the last call.
    mutating func takeSkipped() -> [String] {
        defer { skipped = [] }
        return skipped
    }

    private mutating func take(_ observation: Observation, _ kind: Kind) {
        // After a fix the step is done again, whatever the fix said.
        guard kind == .work, number < work.count else { return }
        if observation.status == 0 {
            settled.formUnion(Placeholder.names(in: work[number].code))
            advance()
        }
    }

    private mutating func advance() {
        number += 1
        tries = 0
    }

    /// After a failure: the skill's own fix, else other values, else on to the next step.
    private mutating func repair(_ observation: Observation?) -> FollowerMove? {
        guard let observation, last == .work, observation.status != 0, number < work.count else { return nil }
        let output = (observation.stderr + "\n" + observation.stdout).lowercased()
        let known = procedure.pitfalls.enumerated().first { index, pitfall in
            !usedFixes.contains(index) && Self.shows(pitfall.symptom, in: output)
        }
        if let (index, pitfall) = known {
            usedFixes.insert(index)
            if Placeholder.names(in: pitfall.fix).allSatisfy({ !(alternatives[$0]?.isEmpty ?? true) }) {
                last = .fix
                return FollowerMove(
                    filled(pitfall.fix),
                    reason: "\(procedure.name): seen ‘\(pitfall.symptom)’, its fix"
                )
            }
        }
        if tries < Self.mostTries, vary() {
            tries += 1
        } else {
            skipped.append("step \(number + 1): given up, exit status \(observation.status)")
            advance()
        }
        return nil
    }

    /// Another value for the last placeholder of the step that has one left; like an odometer.
    private mutating func vary() -> Bool {
        let open = Placeholder.names(in: work[number].code).filter { !settled.contains($0) }
        for name in open.reversed() {
            let count = alternatives[name]?.count ?? 0
            let next = choice[name, default: 0] + 1
            choice[name] = next < count ? next : 0
            if next < count { return true }
        }
        return false
    }

    private func filled(_ code: String) -> String {
        var values: [String: String] = [:]
        for (name, all) in alternatives where !all.isEmpty { values[name] = all[choice[name, default: 0]] }
        return Placeholder.filled(code, values)
    }

    private func reason(_ step: Procedure.Step) -> String {
        let names = Placeholder.names(in: step.code)
        let values = names.compactMap { name in
            alternatives[name].map { "<\(name)> is \($0[choice[name, default: 0]])" }
        }
        let kind = number < procedure.steps.count ? "step \(number + 1)" : "check \(number + 1 - procedure.steps.count)"
        let heading = "\(procedure.name): \(kind)" + (step.title.isEmpty ? "" : ", \(step.title)")
        return heading + (values.isEmpty ? "" : "; " + values.joined(separator: ", "))
    }

    /// Whether an output has the symptom; a placeholder or `…` in it stands for anything.
    private static func shows(_ symptom: String, in output: String) -> Bool {
        var parts: [String] = []
        for piece in Placeholder.pieces(of: symptom.lowercased()) {
            if case .text(let text) = piece { parts += text.split(separator: "…").map(String.init) }
        }
        let wanted = parts.filter { $0.contains { $0.isLetter } }
        return !wanted.isEmpty && wanted.allSatisfy { output.contains($0) }
    }
}
