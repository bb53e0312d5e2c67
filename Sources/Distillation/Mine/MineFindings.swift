/// Everything that was found, before it is text.
struct MineFindings: Sendable {
    let family: String
    let runs: [MinedRun]
    /// One for each kind of work, the commonest first.
    let procedures: [MinedProcedure]
    let pitfalls: [MinedPitfall]

    var successes: [MinedRun] { runs.filter(\.succeeded) }
    var failures: [MinedRun] { runs.filter { !$0.succeeded } }
    /// Passing runs of the kinds of work that are shown.
    var shown: [MinedRun] { procedures.flatMap(\.successes) }
    var steps: [MinedStep] { procedures.flatMap { $0.groups.joined() } }
    var isEmpty: Bool { pitfalls.isEmpty && procedures.allSatisfy { $0.groups.isEmpty && $0.hints.isEmpty } }

    var notes: [DistillResponse.Note] {
        var notes: [DistillResponse.Note] = []
        let lone = successes.count - shown.count
        if procedures.count > 1 || lone > 0 {
            let rest = lone > 0 ? "; \(lone) passing runs are like no others" : ""
            notes.append(.init(text: "\(procedures.count) kinds of work\(rest)"))
        }
        for found in procedures.map(\.minimisation) {
            notes += found.runs.map {
                let end = $0.isComplete ? "needed" : "left when the replays were used up"
                return .init(text: "\($0.id): \($0.needed.count) of \($0.actions) actions \(end)")
            }
            notes += found.obstacles.map { .init(text: "unminimised: \($0.note)") }
        }
        var seen: Set<String> = []
        return notes.filter { seen.insert($0.text).inserted }
    }
}

/// How one kind of work is done.
struct MinedProcedure: Sendable {
    /// Words of which a task of this kind speaks and no other; empty where no heading says for which it is.
    var condition: [String] = []
    let runs: [MinedRun]
    let groups: [[MinedStep]]
    let hints: [Contrast.Kept]
    let probes: [[StatementTemplate.Instance]]
    let minimisation: Minimisation

    var successes: [MinedRun] { runs.filter(\.succeeded) }
    /// What its steps do, without the data that they do it to.
    var work: Set<String> { Set(groups.joined().compactMap(\.instances.first).flatMap(\.statement.features)) }
}

/// Finds how the runs of one kind of work do it (steps 3, 4, 7 and 8).
struct ProcedureMining {
    /// Runs of other families.
    let background: [MinedRun]
    let minimumSupport: Int

    func procedure(of runs: [MinedRun], _ minimisation: Minimisation) -> MinedProcedure {
        let contrast = Contrast(runs: runs, background: background, minimumSupport: minimumSupport)
        let steps = StepMining.steps(
            in: runs,
            contrast: contrast,
            minimumSupport: minimumSupport,
            // What was never tried without is not known to be needed.
            needed: minimisation.runs.filter(\.isComplete).reduce(into: []) { $0.formUnion($1.shapes) }
        )
        let kept = steps.filter(minimisation.keeps)
        let probes = CheckMining.probes(in: runs, minimumSupport: minimumSupport)
        return MinedProcedure(
            runs: runs,
            groups: StepOrder.groups(StepOrder.ordered(kept), minimumSupport: minimumSupport),
            // What was found to be idle is no hint, either.
            hints: StepMining.hints(contrast, runs: runs, steps: steps, probes: probes),
            probes: probes,
            minimisation: minimisation
        )
    }
}
