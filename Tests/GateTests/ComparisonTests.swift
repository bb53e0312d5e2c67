import Gate
import Testing

/// What a comparison answers: by its test alone, never by its mean.
struct ComparisonTests {
    private func comparison(_ differences: [Double], alpha: Double = 0.05) throws -> Comparison {
        let outcomes = try differences.enumerated().map { number, difference in
            try #require(
                PairedOutcome(
                    task: "\(number)",
                    with: [difference > 0 ? difference : 0],
                    without: [difference < 0 ? -difference : 0]
                )
            )
        }
        let advice = try #require(SampleSizeAdvice(tasks: outcomes.count, replays: 1, gain: 0.2, alpha: alpha))
        return Comparison(outcomes, alpha: alpha, isEnough: advice.suffices)
    }

    @Test func theTestDecidesAndNotTheMean() throws {
        #expect(try comparison(Array(repeating: 1, count: 8)).answer == .better)
        #expect(try comparison(Array(repeating: -1, count: 8)).answer == .harmful)
        #expect(try comparison([1, 0, 0, 0]).answer == .tooFewTasks, "the mean went up by 25 points")
        #expect(try comparison(Array(repeating: 0, count: 60)).answer == .noBetter)
        // The same outcomes, with less of the budget left.
        #expect(try comparison(Array(repeating: 1, count: 8), alpha: 0.001).answer == .tooFewTasks)
    }

    @Test func itSaysWhatWasMeasured() throws {
        let found = try comparison([1, 1, 0, -1])
        #expect(found.figures["difference"] == 0.25 && found.figures["tasks"] == 4)
        #expect(found.text.hasPrefix("4 tasks x 1: +25 points (95 % interval "), "\(found.text)")
        #expect(found.text.contains("2 repaired, 1 broken, p = 0.5"), "\(found.text)")
        #expect(Comparison.figure(0.000_244) == "0.00024" && Comparison.figure(0) == "0")
    }

    @Test func stagesAreTwelveInTheirOrder() {
        #expect(GateStage.allCases.map(\.number) == Array(1...12))
        #expect(Set(GateStage.allCases.map(\.name)).count == 12)
    }
}
