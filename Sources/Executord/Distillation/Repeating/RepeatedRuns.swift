import Distillation
import FoundationEssentials
import Trajectory
import Wire

/// Repeats learning trials with some of their actions, for one request to a distiller.
///
/// Each repetition is a trial like any other, which says of itself what it is, so that nothing is learnt from it. The
/// distiller hears whether it passed, and nothing else.
actor RepeatedRuns {
    private let trials: TrialService
    private let user: UInt32
    private let distiller: String
    private let limit: Int
    private let progress: @Sendable (DistillProgress) async -> Void
    private let job: String
    private var used = 0
    private var sources: [String: RepeatableRun] = [:]
    /// How often each list of actions was asked for: asked again, it is done again.
    private var asked: [RepetitionMemory.Key: Int] = [:]

    init(
        _ trials: TrialService,
        user: UInt32,
        distiller: String,
        family: String,
        limit: Int,
        progress: @escaping @Sendable (DistillProgress) async -> Void
    ) {
        self.trials = trials
        self.user = user
        self.distiller = distiller
        self.limit = limit
        self.progress = progress
        job = "repeats__\(family.split(separator: "/").last ?? "runs")__\(UUID().uuidString.prefix(8))"
    }

    /// - Throws: when the distiller asks for more than it may, or a repetition was cancelled: there is no answer then.
    func outcome(of trial: String, _ actions: [String]) async throws -> ReplayOutcome {
        try Task.checkCancellation()
        guard used < limit else {
            throw WireError(
                .conflict,
                "the distiller \(distiller) asked for more than \(limit) repetitions of runs",
                reason: "distillerFailed",
                remedy: "a larger --replays"
            )
        }
        used += 1
        let source = try await source(trial)
        if let obstacle = source.obstacle { return .unrepeatable(obstacle) }
        let key = RepetitionMemory.Key(trial: trial, actions: actions)
        let number = asked[key, default: 0]
        asked[key] = number + 1
        let memory = trials.services.repetitions
        if let passed = memory.outcome(key, number) { return passed ? .passed : .failed }
        let news = "repeats \(trial) with \(actions.count) of its \(source.actions.count) actions"
        await progress(DistillProgress(text: news, done: Double(used), total: Double(limit)))
        let outcome = try await run(source, actions)
        if outcome == .passed || outcome == .failed { memory.note(outcome == .passed, of: key) }
        return outcome
    }

    private func source(_ trial: String) async throws -> RepeatableRun {
        if let known = sources[trial] { return known }
        let detail = try await trials.services.store.detail(trial)
        let source = RepeatableRun(
            detail,
            events: try await trials.services.store.events(trial),
            task: try? trials.services.tasks.load(detail.configuration.taskDigest)
        )
        sources[trial] = source
        return source
    }

    private func run(_ source: RepeatableRun, _ actions: [String]) async throws -> ReplayOutcome {
        let submission: TrialSubmit.Result
        do {
            let configuration = source.configuration(of: Set(actions), for: distiller)
            let params = TrialSubmit.Params(configuration: configuration, job: job)
            submission = try await trials.submit(params, owner: user)
        } catch let error as WireError where error.code != ErrorCode.shuttingDown.rawValue {
            return .unrepeatable(error.message)
        }
        let ended = try await ended(submission.trial)
        if let outcome = Self.outcome(ended) {
            if case .unrepeatable = outcome {
                let news = "\(ended.trial), which repeats \(source.trial), has no verdict"
                await progress(DistillProgress(text: news, done: Double(used), total: Double(limit)))
            }
            return outcome
        }
        throw WireError(
            .conflict,
            "\(ended.trial), which repeats \(source.trial) for \(distiller), was \(ended.phase.rawValue)",
            reason: "cancelled",
            remedy: "distil again; nothing was filed"
        )
    }

    /// What a repetition came to; nil for one that was cut off.
    ///
    /// Without its name, which is another one each time: a distiller's answer to the same request is always the same.
    static func outcome(_ ended: TrialSummary) -> ReplayOutcome? {
        switch (ended.outcome, ended.phase) {
        case (.passed, _): .passed
        // What leaves the verifier nothing to judge was needed, too.
        case (.failed, _), (.unverifiable, _): .failed
        case (nil, .cancelled), (nil, .interrupted): nil
        case (nil, _): .unrepeatable("a repetition ended with \(ended.exception ?? "no verdict")")
        }
    }

    /// Whoever gives up waiting leaves nothing running.
    private func ended(_ trial: String) async throws -> TrialSummary {
        do {
            return try await trials.wait(trial)
        } catch {
            let trials = trials
            // The cancellation must not cut its own work short; one that has ended by itself is left as it is.
            await Task { try? await trials.cancel(trial) }.value
            throw error
        }
    }
}
