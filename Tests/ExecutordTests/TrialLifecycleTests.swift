import Testing
import Wire

@testable import Executord

struct TrialLifecycleTests {
    private typealias Event = TrialLifecycle.Event

    /// What brings a trial into each phase.
    private static let paths: [TrialPhase: [TrialLifecycle.Event]] = [
        .queued: [], .starting: [.launched], .agent: [.launched, .sandboxReady],
        .freezing: [.launched, .sandboxReady, .agentEnded],
        .verifying: [.launched, .sandboxReady, .agentEnded, .layerFrozen],
        .finished: [.launched, .sandboxReady, .agentEnded, .layerFrozen, .verdictMade],
        .cancelled: [.cancelRequested], .errored: [.failed], .interrupted: [.launched, .daemonEnded],
    ]

    /// Every pair that leads anywhere; all others are refused and change nothing.
    private static let table: [TrialPhase: [TrialLifecycle.Event: TrialPhase]] = [
        .queued: [.launched: .starting, .cancelRequested: .cancelled, .failed: .errored],
        .starting: [
            .sandboxReady: .agent, .verdictMade: .finished, .cancelRequested: .cancelled, .failed: .errored,
            .daemonEnded: .interrupted,
        ],
        .agent: [
            .agentEnded: .freezing, .closed: .finished, .nextStep: .starting, .cancelRequested: .cancelled,
            .failed: .errored,
            .daemonEnded: .interrupted,
        ],
        .freezing: [
            .layerFrozen: .verifying, .cancelRequested: .cancelled, .failed: .errored, .daemonEnded: .interrupted,
        ],
        .verifying: [
            .verdictMade: .finished, .nextStep: .starting, .cancelRequested: .cancelled, .failed: .errored,
            .daemonEnded: .interrupted,
        ],
        .finished: [:], .cancelled: [:], .interrupted: [:], .errored: [:],
    ]

    @Test(arguments: TrialPhase.allCases, TrialLifecycle.Event.allCases)
    func everyPairOfPhaseAndEvent(phase: TrialPhase, event: TrialLifecycle.Event) throws {
        var lifecycle = TrialLifecycle()
        for step in try #require(Self.paths[phase]) { #expect(lifecycle.handle(step) != nil) }
        #expect(lifecycle.phase == phase)
        let expected = try #require(Self.table[phase])[event]
        #expect(lifecycle.handle(event) == expected)
        #expect(lifecycle.phase == expected ?? phase)
    }

    @Test func terminalPhasesAreThoseWithoutAWayOut() {
        for phase in TrialPhase.allCases { #expect(phase.isTerminal == (Self.table[phase]?.isEmpty ?? false)) }
    }
}
