import Sandbox
import Tasks
import Verifier
import Wire

/// A trial of a task with steps: one after the other, until a step does not earn what the next one asks for.
struct StepSequence: Sendable {
    let task: TaskDefinition
    let stages: [TrialSandboxes]
    let recorder: TrialRecorder
    let run: @Sendable (TrialSandboxes) -> StageRun

    /// The verdict on all steps; nil where none was asked for.
    func run(_ layer: Layer) async throws -> Verdict? {
        var results: [StepResult] = []
        var previous: LiveSession?
        for sandboxes in stages {
            guard let stage = sandboxes.task.definition.stage else { continue }
            if stage.index > 0 { try await recorder.advance(.nextStep) }
            let place = StepPlace(name: stage.name, number: stage.index + 1, count: stage.count)
            try await recorder.stepStarted(place)
            var one = run(sandboxes)
            one.previous = previous
            let outcome: StageRun.Outcome
            do {
                outcome = try await one.onLayer(layer)
            } catch let error as StageRun.NotPrepared {
                let result = unprepared(place, error.cause)
                try await recorder.stepEnded(result)
                results.append(result)
                break
            }
            previous = outcome.session
            guard let verdict = outcome.verdict else { continue }
            let result = result(place, stage, verdict, outcome)
            try await recorder.stepEnded(result)
            results.append(result)
            if result.stopped != nil { break }
        }
        guard let last = results.last else { return nil }
        return combineVerdicts(
            results.map(\.verdict),
            names: results.map(\.step.name),
            strategy: task.rewardStrategy,
            stopped: last.stopped.map { "step \(last.step.name): \($0)" }
        )
    }

    /// It has earned nothing: whatever an agent breaks of a step does not undo what it failed in another.
    private func unprepared(_ place: StepPlace, _ cause: any Error) -> StepResult {
        let exception = TrialException(describing: cause)
        let message = "it could not be prepared: \(exception.message)"
        return StepResult(
            step: place,
            verdict: Verdict(
                outcome: .failed,
                rewards: [:],
                message: message,
                mode: .isolated,
                tests: [],
                evidence: Evidence()
            ),
            exception: exception,
            actions: 0,
            agent: nil,
            verifier: nil,
            stopped: "it could not begin"
        )
    }

    private func result(
        _ place: StepPlace,
        _ stage: TaskStage,
        _ verdict: Verdict,
        _ outcome: StageRun.Outcome
    ) -> StepResult {
        let seen = recorder.stepSoFar
        return StepResult(
            step: place,
            verdict: verdict,
            exception: seen.exception,
            actions: seen.actions,
            agent: outcome.agent,
            verifier: outcome.verifier,
            stopped: stage.isLast ? nil : stage.obstacle(after: verdict)
        )
    }
}

extension TaskStage {
    /// Why the next step does not begin after such a verdict; nil when it does.
    func obstacle(after verdict: Verdict) -> String? {
        guard verdict.outcome != .unverifiable else { return "it could not be verified" }
        return minimumReward?.failure(of: verdict.rewards)
    }
}
