package import Wire

/// Makes a trial's verdict of those of its steps; pure.
///
/// The rewards follow the task's strategy. It never guesses: a step that could not be verified makes the whole
/// unverifiable, and a trial that stopped before its last step has not passed, whatever its rewards are.
///
/// `steps` are those that were begun, in order, at least one, and `names` theirs; `stopped` says why the ones after them were
/// not begun, and is nil when there are none.
package func combineVerdicts(
    _ steps: [Verdict],
    names: [String],
    strategy: RewardStrategy,
    stopped: String?
) -> Verdict {
    var evidence = Evidence()
    var tests: [TestResult] = []
    for (name, step) in zip(names, steps) {
        evidence.add(step.evidence)
        tests += step.tests.map { test in
            var test = test
            test.name = "\(name): \(test.name)"
            return test
        }
    }
    var whole = Verdict(
        outcome: .unverifiable,
        rewards: [:],
        message: "no step was verified",
        mode: steps.last?.mode ?? .isolated,
        tests: tests,
        evidence: evidence,
        tools: steps.lazy.compactMap(\.tools).first
    )
    if let (name, broken) = zip(names, steps).first(where: { $0.1.outcome == .unverifiable }) {
        whole.exception = broken.exception
        whole.message = "step \(name): \(broken.message)"
        return whole
    }
    guard let last = steps.last else { return whole }
    let mean = meanRewards(steps.map(\.rewards))
    // A last step that could not begin has none: it counts 0.
    whole.rewards = strategy == .mean ? mean : last.rewards.isEmpty ? mean.mapValues { _ in 0 } : last.rewards
    let isEnough = isFullReward(whole.rewards) && stopped == nil
    whole.outcome = isEnough ? .passed : .failed
    let full = steps.count { $0.outcome == .passed }
    whole.message = "\(full) of \(steps.count) verified steps got full reward"
    if let stopped { whole.message += "; no further step was begun: \(stopped)" }
    return whole
}

/// For each key the mean over all steps; one that lacks a key counts 0.
package func meanRewards(_ steps: [[String: Double]]) -> [String: Double] {
    guard !steps.isEmpty else { return [:] }
    let keys = Set(steps.flatMap(\.keys))
    return Dictionary(
        uniqueKeysWithValues: keys.map { key in
            (key, steps.reduce(0) { $0 + ($1[key] ?? 0) } / Double(steps.count))
        }
    )
}

extension Evidence {
    /// Puts a later step's to this: the layer is the same one, so what the later saw of it is all there is to see.
    fileprivate mutating func add(_ later: Evidence) {
        let before = self
        self = later
        processesKilled += before.processesKilled
        survivors += before.survivors
        listeningPorts = Set(before.listeningPorts + later.listeningPorts).sorted()
        suspicious = before.suspicious + later.suspicious.filter { !before.suspicious.contains($0) }
    }
}
