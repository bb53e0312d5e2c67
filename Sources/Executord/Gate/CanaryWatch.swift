import Gate
import Reactor
import Skills
import Trajectory
import Wire

/// Looks at every trial that ends, for a match that drew a canary or did not, and acts on what the pairs show.
///
/// Only administrators' trials count, and each user's are matched with their own: what a trial was given and did is its
/// owner's to choose, and pairs decide what everybody's agents are given.
struct CanaryWatch: Sendable {
    let services: TrialServices
    /// So many trials of the same task are looked at.
    private static let mostTrials = 500
    private static let alpha = 0.05

    /// A trial has ended with a verdict; what goes wrong here is no reason to lose it.
    func ended(_ trial: String, of owner: UInt32, _ configuration: TrialConfiguration) async {
        do {
            let canaries = try await services.library.skills(states: [.canary])
            guard !canaries.isEmpty else { return }
            let administrators = services.administrators
            guard try await onOwnThread({ administrators.include(user: owner) }) else { return }
            for version in canaries {
                guard try await pair(version, configuration, of: owner) else { continue }
                try await act(on: version.reference)
            }
        } catch {
            Log.warning("trial \(trial) could not be matched for the canaries: \(error)")
        }
    }

    /// Pairs what the owner has of the trial's task, the oldest first, whatever the verdicts; whether there is a new pair.
    private func pair(
        _ version: SkillVersion,
        _ configuration: TrialConfiguration,
        of owner: UInt32
    ) async throws -> Bool {
        let store = services.store
        let known = try await services.library.pairs(of: version.reference)
        let used = Set(known.flatMap { [$0.with, $0.without] })
        var (with, without): ([MatchedTrials.Run], [MatchedTrials.Run]) = ([], [])
        let (task, most) = (configuration.taskName, Self.mostTrials)
        for name in try await store.finishedTrials(ofTask: task, owner: owner, limit: most)
        where !used.contains(name) {
            let run = MatchedTrials.Run(try await store.detail(name))
            guard run.configuration.taskDigest == configuration.taskDigest, run.configuration.repeats == nil,
                run.hasPassed != nil
            else { continue }
            let given = run.configuration.skills ?? []
            if given.contains(where: { $0.share != nil && $0.digest == version.digest }) {
                with.append(run)
            } else if run.configuration.skills != nil, !given.contains(where: { $0.digest == version.digest }) {
                // One that was given what the library chose, and did not draw it.
                without.append(run)
            }
        }
        var isNew = false
        for run in with {
            let place = without.firstIndex { other in
                let pair = MatchedTrials(task: configuration.taskDigest, with: run, without: other)
                return ComparedJobs.difference(pair, version.reference.skill) == nil
            }
            guard let place else { continue }
            let pair = MatchedTrials(task: configuration.taskDigest, with: run, without: without.remove(at: place))
            guard let found = pair.trialPair(.canary) else { continue }
            try await services.meter.credit(found, of: version.reference)
            isNew = true
        }
        return isNew
    }

    /// Promotes or quarantines when the evidence suffices; both are in the log with their figures.
    private func act(on reference: SkillReference) async throws {
        let library = services.library
        let finding = try await CanaryStage.finding(on: reference, in: library, alpha: Self.alpha)
        let target: SkillState
        switch finding.decision.outcome {
        case .passed: target = .active
        case .failed: target = .quarantined
        case .waiting, .skipped: return
        }
        try await library.record(finding.decision, on: reference, run: "canary", actor: "canary")
        try await library.move(
            reference,
            to: target,
            reason: "canary: \(finding.decision.reason)",
            actor: "canary",
            tier: target == .active ? .t3 : nil
        )
        Log.info("\(reference) is \(target.rawValue): \(finding.decision.reason)")
    }
}
