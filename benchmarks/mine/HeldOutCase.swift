import Distillation

/// One run left out, and what the others of its task and of other tasks have.
struct HeldOutCase {
    let features: Set<String>
    /// The features of each other run of the task.
    let siblings: [Set<String>]
    /// The features of each run of the next task, as a control.
    let strangers: [Set<String>]
    /// The features of runs of all other tasks.
    let others: [Set<String>]

    /// Every run whose task has at least two others.
    static func cases(of runs: [RecordedRun]) -> [HeldOutCase] {
        let known = runs.map { (task: $0.task, features: Set($0.succeeded.flatMap { ActionFeatures($0).features })) }
        let tasks = Set(runs.map(\.task)).sorted()
        return known.indices.compactMap { index in
            let task = known[index].task
            let siblings = known.indices.filter { $0 != index && known[$0].task == task }.map { known[$0].features }
            guard siblings.count >= 2, let number = tasks.firstIndex(of: task), !known[index].features.isEmpty else {
                return nil
            }
            let next = tasks[(number + 1) % tasks.count]
            return HeldOutCase(
                features: known[index].features,
                siblings: siblings,
                strangers: known.filter { $0.task == next }.map(\.features),
                others: known.filter { $0.task != task }.map(\.features)
            )
        }
    }

    /// What may be compared: the name, and the features that it says the run will have.
    static let sources: [(String, @Sendable (HeldOutCase) -> Set<String>)] = [
        ("mined, support 2", { supported(in: $0.siblings, by: 2) }),
        ("mined, 60 %", { supported(in: $0.siblings, by: max(2, ($0.siblings.count * 3 + 4) / 5)) }),
        ("one sibling run", { $0.siblings[0] }),
        ("frequent anywhere", { supported(in: $0.others, by: max(2, $0.others.count / 10)) }),
        ("another task", { supported(in: $0.strangers, by: 2) }),
    ]

    private static func supported(in runs: [Set<String>], by least: Int) -> Set<String> {
        var counts: [String: Int] = [:]
        for run in runs { for feature in run { counts[feature, default: 0] += 1 } }
        return Set(counts.filter { $0.value >= least }.keys)
    }

    /// How much of the run was said, and how much of what was said is in the run.
    func score(_ said: Set<String>) -> (recall: Double, precision: Double) {
        let both = Double(said.intersection(features).count)
        return (both / Double(features.count), said.isEmpty ? 0 : both / Double(said.count))
    }
}
