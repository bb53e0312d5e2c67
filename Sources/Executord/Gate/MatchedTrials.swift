import Gate
import Skills
import Wire

/// Two trials of one attempt at one task that differ in a version.
struct MatchedTrials: Sendable {
    struct Run: Sendable {
        let name: String
        let configuration: TrialConfiguration
        let attempt: Int
        let actions: Int
        /// nil without a verdict.
        let hasPassed: Bool?
    }

    let task: String
    let with: Run
    let without: Run

    /// Pairs by task and attempt; one whose side without the version has no verdict says nothing and is left out.
    static func pairs(of runs: [Run], isWith: (Run) -> Bool) -> [MatchedTrials] {
        struct Place: Hashable {
            let task: String
            let attempt: Int
        }
        let places = Dictionary(grouping: runs) { Place(task: $0.configuration.taskDigest, attempt: $0.attempt) }
        return places.sorted { ($0.key.task, $0.key.attempt) < ($1.key.task, $1.key.attempt) }.compactMap {
            place,
            runs in
            guard let with = runs.first(where: isWith), let without = runs.first(where: { !isWith($0) }),
                without.hasPassed != nil
            else { return nil }
            return MatchedTrials(task: place.task, with: with, without: without)
        }
    }

    /// A side with the version that has no verdict counts as failed: a version may break a trial, too.
    static func outcomes(_ pairs: [MatchedTrials]) -> [PairedOutcome] {
        let tasks = Dictionary(grouping: pairs, by: \.task)
        return tasks.keys.sorted().compactMap { task in
            let own = tasks[task] ?? []
            return PairedOutcome(
                task: task,
                with: own.map { $0.with.hasPassed == true ? 1 : 0 },
                without: own.map { $0.without.hasPassed == true ? 1 : 0 }
            )
        }
    }

    /// For the library, where both sides have a verdict.
    func trialPair(_ source: TrialPair.Source) -> TrialPair? {
        guard let passedWith = with.hasPassed, let passedWithout = without.hasPassed else { return nil }
        return TrialPair(
            source: source,
            task: task,
            with: with.name,
            without: without.name,
            passedWith: passedWith,
            passedWithout: passedWithout
        )
    }
}

extension MatchedTrials {
    /// Of jobs: a trial that the version left without a verdict did not pass.
    var comparedPair: TrialPair? {
        without.hasPassed.map {
            TrialPair(
                source: .jobs,
                task: task,
                with: with.name,
                without: without.name,
                passedWith: with.hasPassed ?? false,
                passedWithout: $0
            )
        }
    }
}

extension [TrialDetail] {
    /// Of an attempt's tries, the oldest first, the one that the gate goes by; nil where all were cancelled or cut off.
    ///
    /// Elsewhere the last counts. Here that would be a second chance: `job resume` tries again what ended with an error, and
    /// without a verdict a trial counts against the version that it had.
    var counted: TrialDetail? {
        first { $0.verdict != nil || $0.summary.phase == .finished || $0.summary.phase == .errored }
    }
}

extension MatchedTrials.Run {
    init(_ detail: TrialDetail) {
        name = detail.summary.trial
        configuration = detail.configuration
        attempt = detail.jobTry?.attempt ?? 1
        actions = detail.summary.actions
        switch detail.verdict?.outcome {
        case .passed: hasPassed = true
        case .failed: hasPassed = false
        case .unverifiable, nil: hasPassed = nil
        }
    }
}
