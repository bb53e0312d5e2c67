package import Wire

/// Makes the verdict of what a verifier reported and what the daemon saw; pure.
///
/// Passed means: the key `reward` is at least 1.0, or, without that key, every value is.
package func makeVerdict(
    reading: RewardReading,
    tests: [TestResult],
    mode: VerifierMode,
    evidence: Evidence,
    onPristineSystem: Bool
) -> Verdict {
    guard evidence.survivors == 0 else {
        return Verdict(
            outcome: .unverifiable,
            rewards: [:],
            exception: "AgentSurvivedError",
            message: "\(evidence.survivors) processes of the agent could not be killed before verification",
            mode: mode,
            tests: tests,
            evidence: evidence
        )
    }
    switch reading {
    case .unverifiable(let exception, let reason):
        return Verdict(
            outcome: .unverifiable,
            rewards: [:],
            exception: exception,
            message: reason,
            mode: mode,
            tests: tests,
            evidence: evidence
        )
    case .rewards(let rewards):
        let passed = isFullReward(rewards)
        return Verdict(
            outcome: passed ? .passed : .failed,
            rewards: rewards,
            message: sentence(passed: passed, tests: tests, onPristineSystem: onPristineSystem),
            mode: mode,
            tests: tests,
            evidence: evidence
        )
    }
}

/// Whether the key `reward` is at least 1.0, or, without that key, every value is.
func isFullReward(_ rewards: [String: Double]) -> Bool {
    rewards["reward"].map { $0 >= 1 } ?? rewards.values.allSatisfy { $0 >= 1 }
}

private func sentence(passed: Bool, tests: [TestResult], onPristineSystem: Bool) -> String {
    let failed = tests.filter { $0.status == .failed }
    var text = passed ? "the verifier gave full reward" : "the verifier did not give full reward"
    if !tests.isEmpty {
        text += ": \(tests.count { $0.status == .passed }) of \(tests.count) checks passed"
        if let first = failed.first { text += ", first failure \(first.name)" }
    }
    if onPristineSystem { text += "; it ran on the image's own system directories, because the agent had changed them" }
    return text
}

/// What differs between verdicts of the same frozen layer, in words; empty when they agree.
package func disagreements(original: Verdict, runs: [Verdict]) -> [String] {
    var found: [String] = []
    for (index, run) in runs.enumerated() {
        let name = "run \(index + 1)"
        if run.outcome != original.outcome {
            found.append("\(name): \(run.outcome.rawValue), originally \(original.outcome.rawValue)")
        }
        if run.rewards != original.rewards {
            found.append("\(name): rewards \(describe(run.rewards)), originally \(describe(original.rewards))")
        }
        let before = Dictionary(original.tests.map { ($0.name, $0.status) }) { first, _ in first }
        for test in run.tests where before[test.name] != test.status {
            found.append(
                "\(name): check \(test.name) \(test.status.rawValue), originally \(before[test.name]?.rawValue ?? "absent")"
            )
        }
        if run.tests.count != original.tests.count {
            found.append("\(name): \(run.tests.count) checks, originally \(original.tests.count)")
        }
    }
    return found
}

private func describe(_ rewards: [String: Double]) -> String {
    guard !rewards.isEmpty else { return "none" }
    return rewards.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
}
