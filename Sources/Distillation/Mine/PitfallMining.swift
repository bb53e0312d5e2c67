/// An error that several runs met, and what they did against it (step 5).
struct MinedPitfall: Sendable {
    let signature: String
    /// A line of output that shows it; the same for all runs, else nil.
    let line: String?
    /// What helped, one statement for each run; empty where no run found anything.
    let fixes: [StatementTemplate.Instance]
    /// Runs that met it, sorted.
    let runs: [String]
    /// The failures and the fixes, sorted.
    let evidence: [String]
}

enum PitfallMining {
    /// Actions after a failure in which its fix must come.
    static let window = 6

    /// Sorted by how many runs met them, then by signature.
    static func pitfalls(in runs: [MinedRun], minimumSupport: Int) -> [MinedPitfall] {
        var found: [String: [Occurrence]] = [:]
        for run in runs {
            for occurrence in occurrences(in: run) { found[occurrence.signature.text, default: []].append(occurrence) }
        }
        return found.compactMap { signature, occurrences -> MinedPitfall? in
            let runs = Set(occurrences.map(\.run)).sorted()
            guard runs.count >= minimumSupport else { return nil }
            let fixes = fixes(occurrences, minimumSupport: minimumSupport)
            let cited = occurrences.map(\.failure) + fixes.map(\.reference)
            let lines = Set(occurrences.map(\.signature.line))
            return MinedPitfall(
                signature: signature,
                line: lines.count == 1 ? lines.first : nil,
                fixes: fixes,
                runs: runs,
                evidence: Set(cited).sorted()
            )
        }
        .sorted { (-$0.runs.count, $0.signature) < (-$1.runs.count, $1.signature) }
    }

    private struct Occurrence {
        let run: String
        let signature: ErrorSignature
        let failure: String
        let fix: StatementTemplate.Instance?
    }

    private static func occurrences(in run: MinedRun) -> [Occurrence] {
        run.actions.indices.compactMap { index in
            guard let signature = run.actions[index].signature else { return nil }
            let fix = fix(of: index, in: run.actions)
            return Occurrence(
                run: run.id,
                signature: signature,
                failure: run.actions[index].reference,
                fix: fix.map {
                    .init(
                        run: run.id,
                        position: $0.action.position * 1_000,
                        reference: $0.action.reference,
                        statement: $0.statement
                    )
                }
            )
        }
    }

    /// The next success that does what failed shows that something helped: what was done in between, or its change.
    private static func fix(of index: Int, in actions: [MinedAction]) -> (
        action: MinedAction, statement: MinedStatement
    )? {
        let failed = actions[index]
        let after = actions[(index + 1)...].prefix { $0.position <= failed.position + window }
        guard let success = after.first(where: { !$0.failed && sharesWork($0, failed) }) else { return nil }
        let failedShapes = Set(failed.statements.map(\.shape))
        func news(_ action: MinedAction) -> MinedStatement? {
            action.statements.first { $0.isEffectful && !failedShapes.contains($0.shape) }
        }
        let between = after.prefix { $0.position < success.position }.filter { !$0.failed && $0.isEffectful }
        for action in between.reversed() {
            if let statement = news(action) { return (action, statement) }
        }
        return news(success).map { (success, $0) }
    }

    private static func sharesWork(_ left: MinedAction, _ right: MinedAction) -> Bool {
        !Set(left.features + left.heads).isDisjoint(with: right.features + right.heads)
    }

    /// The fix that most runs found, if enough did: one instance for each run, sorted.
    private static func fixes(_ occurrences: [Occurrence], minimumSupport: Int) -> [StatementTemplate.Instance] {
        var byShape: [String: [String: StatementTemplate.Instance]] = [:]
        for fix in occurrences.compactMap(\.fix) {
            let held = byShape[fix.statement.shape, default: [:]][fix.run]
            if held.map({ fix.position < $0.position }) ?? true {
                byShape[fix.statement.shape, default: [:]][fix.run] = fix
            }
        }
        let agreeing = byShape.mapValues { TemplateMaker.agreeing($0.values.sorted { $0.run < $1.run }) }
        let best = agreeing.filter { $0.value.count >= minimumSupport }
            .min { (-$0.value.count, $0.key) < (-$1.value.count, $1.key) }
        return best?.value ?? []
    }
}
