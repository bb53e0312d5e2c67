import Gate
import Statistics
import Testing

/// What the tests let in, over simulated candidates whose effect is known.
struct CalibrationTests {
    /// Tasks of differing difficulty, run `replays` times with and without a candidate that adds `gain` to the chance.
    private func outcomes(
        tasks: Int,
        replays: Int,
        gain: Double,
        using generator: inout SplitMix64
    ) throws -> PairedDifferences {
        PairedDifferences(
            try (0..<tasks).map { task in
                let chance = Double.random(in: 0.1...0.9, using: &generator)
                func runs(_ chance: Double) -> [Double] {
                    (0..<replays).map { _ in Double.random(in: 0..<1, using: &generator) < chance ? 1 : 0 }
                }
                return try #require(
                    PairedOutcome(task: "\(task)", with: runs(min(1, chance + gain)), without: runs(chance))
                )
            }
        )
    }

    @Test func nullCandidatesStayWithinTheirBudget() throws {
        var generator = SplitMix64(seed: 20_261_121)
        var budget = try #require(ErrorBudget(alpha: 0.05))
        var accepted = 0
        var uncorrected = 0
        var rose = 0
        let candidates = 1_000
        for _ in 0..<candidates {
            let paired = try outcomes(tasks: 20, replays: 1, gain: 0, using: &generator)
            let test = SignFlipTest(paired)
            if test.pValue <= budget.spend() { accepted += 1 }
            if test.pValue <= 0.05 { uncorrected += 1 }
            if paired.mean > 0 { rose += 1 }
        }
        // One at all has a chance of 5 % for a whole life; the seed is not one of those.
        #expect(accepted == 0)
        // 50 are expected at the nominal level; three standard deviations above is 71.
        #expect(uncorrected <= 71, "\(uncorrected)")
        // What "the mean went up" would have let in: the control that there is something to guard against.
        #expect(rose > 300, "\(rose)")
    }

    @Test func manyLivesErrSeldom() throws {
        var generator = SplitMix64(seed: 7)
        var erring = 0
        for _ in 0..<40 {
            var budget = try #require(ErrorBudget(alpha: 0.10))
            var hasErred = false
            // Later candidates have next to no budget; the first thirty have 98 % of it.
            for _ in 0..<30 where !hasErred {
                let paired = try outcomes(tasks: 16, replays: 1, gain: 0, using: &generator)
                hasErred = SignFlipTest(paired).pValue <= budget.spend()
            }
            if hasErred { erring += 1 }
        }
        // 4 are expected at most; 10 and more would have a chance of 0.5 %.
        #expect(erring < 10, "\(erring)")
    }

    @Test func gainsAreFound() throws {
        var generator = SplitMix64(seed: 3)
        var found = 0
        var reversed = 0
        for _ in 0..<60 {
            if SignFlipTest(try outcomes(tasks: 49, replays: 4, gain: 0.25, using: &generator)).pValue <= 0.05 {
                found += 1
            }
            if SignFlipTest(try outcomes(tasks: 49, replays: 4, gain: -0.1, using: &generator)).pValue <= 0.05 {
                reversed += 1
            }
        }
        #expect(found >= 57, "\(found)")
        #expect(reversed == 0, "\(reversed)")
    }

    @Test func canariesMayBeWatchedAllTheTime() {
        var generator = SplitMix64(seed: 11)
        var promoted = 0
        var rolledBack = 0
        let streams = 300
        for _ in 0..<streams {
            var evidence = CanaryEvidence()
            for _ in 0..<100 {
                let draw = Double.random(in: 0..<1, using: &generator)
                evidence.observe(draw < 0.15 ? .repair : draw < 0.30 ? .regression : .same)
                let advice = evidence.advice(alpha: 0.05, harmAlpha: 0.05)
                if advice != .goOn {
                    if advice == .promote { promoted += 1 } else { rolledBack += 1 }
                    break
                }
            }
        }
        // 15 each at most are expected; three standard deviations above is 26.
        #expect(promoted <= 26 && rolledBack <= 26, "\(promoted) \(rolledBack)")

        var harmful = 0
        for _ in 0..<50 {
            var evidence = CanaryEvidence()
            for _ in 0..<200 where evidence.advice(alpha: 0.05, harmAlpha: 0.05) == .goOn {
                let draw = Double.random(in: 0..<1, using: &generator)
                evidence.observe(draw < 0.05 ? .repair : draw < 0.35 ? .regression : .same)
            }
            if evidence.advice(alpha: 0.05, harmAlpha: 0.05) == .rollBack { harmful += 1 }
        }
        #expect(harmful >= 45, "\(harmful)")
    }
}
