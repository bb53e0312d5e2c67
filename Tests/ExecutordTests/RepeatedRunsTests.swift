import Distillation
import Testing
import Wire

@testable import Executord

/// What a distiller hears of a repetition.
struct RepeatedRunsTests {
    private func outcome(_ name: String, _ phase: TrialPhase, _ outcome: VerdictOutcome? = nil) -> ReplayOutcome? {
        var ended = TrialSummary(trial: name, task: "t", agent: "repetition", phase: phase, submittedAt: .now())
        ended.outcome = outcome
        if phase == .errored { ended.exception = "VerifierTimeoutError" }
        return RepeatedRuns.outcome(ended)
    }

    /// The same request must have the same answer, and repetitions have another name each time.
    @Test func itsNameIsNotTold() {
        #expect(outcome("t__a", .errored) == outcome("t__b", .errored))
        #expect(outcome("t__a", .errored) == .unrepeatable("a repetition ended with VerifierTimeoutError"))
        #expect(outcome("t__a", .finished, .passed) == .passed && outcome("t__a", .finished, .unverifiable) == .failed)
        #expect(outcome("t__a", .cancelled) == nil, "what was cut off says nothing")
    }
}
