import Testing
import Wire

@testable import Trajectory

/// What counts of several measurements of one verifier.
@Suite struct StrengthRecordsTests {
    private static let task = "sha256:one"

    private func measured(_ strength: Double, _ kinds: [VerifierAttack.Kind]) -> TaskStrength {
        TaskStrength(
            digest: Self.task,
            name: "one",
            measuredAt: .now(),
            seed: 1,
            job: "strength",
            oracle: "oracle",
            strength: strength,
            low: 0,
            high: 1,
            meanReward: 0,
            kinds: kinds.map { TaskStrength.Tally(kind: $0, attacks: 1, accepted: 0, meanReward: 0) },
            attacks: []
        )
    }

    @Test func whoeverFoundAWayThroughOutweighsTheRest() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        #expect(try await store.strength(ofTask: Self.task) == nil)
        for (strength, owner, least) in [(0.9, 0, 0.9), (0.6, 1000, 0.6), (1, 0, 0.6), (0.7, 1001, 0.6)] {
            try await store.recordStrength(measured(strength, [.null, .mutatedOracle]), owner: UInt32(owner))
            #expect(try await store.strength(ofTask: Self.task) == least)
        }
        #expect(try await store.strength(digest: Self.task, visibleTo: 0)?.strength == 1, "their own newest one")
        #expect(try await store.strength(ofTask: "sha256:other") == nil)
    }

    @Test func withoutMutationsNoVerifierIsStrong() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        try await store.recordStrength(measured(1, [.null, .truncatedOracle]), owner: 1000)
        #expect(try await store.strength(ofTask: Self.task) == nil)
        try await store.recordStrength(measured(0.95, [.mutatedOracle]), owner: 1000)
        #expect(try await store.strength(ofTask: Self.task) == 0.95)
        // A weakness is one however it was found.
        try await store.recordStrength(measured(0, [.null, .emptyFiles]), owner: 1000)
        #expect(try await store.strength(ofTask: Self.task) == 0)
    }
}
