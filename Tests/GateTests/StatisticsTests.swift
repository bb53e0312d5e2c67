import Testing

@testable import Gate

/// Values that were worked out by hand or are in printed tables.
struct StatisticsTests {
    private func differences(_ values: [Double]) throws -> PairedDifferences {
        PairedDifferences(
            try values.enumerated().map { index, value in
                try #require(PairedOutcome(task: "t\(index)", with: [max(0, value)], without: [max(0, -value)]))
            }
        )
    }

    private func isNear(_ left: Double, _ right: Double, _ tolerance: Double = 1e-9) -> Bool {
        abs(left - right) <= tolerance
    }

    @Test func differencesOfTasks() throws {
        let outcomes = [
            try #require(PairedOutcome(task: "a", with: [1, 1, 0], without: [0, 0, 1])),
            try #require(PairedOutcome(task: "b", with: [0], without: [1])),
            try #require(PairedOutcome(task: "c", with: [0.5, 0.5], without: [0.5, 0.5])),
        ]
        let paired = PairedDifferences(outcomes)
        #expect(isNear(paired.values[0], 1.0 / 3) && paired.values[1] == -1 && paired.values[2] == 0)
        #expect(paired.repairs == 1 && paired.regressions == 1 && paired.replays == 1)
        #expect(PairedOutcome(task: "d", with: [], without: [1]) == nil)
        #expect(PairedOutcome(task: "d", with: [.nan], without: [1]) == nil)
        #expect(PairedOutcome(task: "d", with: [2], without: [1]) == nil)
    }

    @Test func signFlipByEnumeration() throws {
        // Three gains and no loss: one assignment of eight is as good.
        #expect(isNear(SignFlipTest(try differences([1, 1, 1])).pValue, 1.0 / 8))
        // Sums of (±1, ±1, ±1, ±1) of at least 2: four with one minus, one with none.
        #expect(isNear(SignFlipTest(try differences([1, 1, 1, -1])).pValue, 5.0 / 16))
        // 0.5 and 0.25 lost, 1 gained: sums of at least 0.25 are 1.75, 1.25, 0.75 and 0.25.
        #expect(isNear(SignFlipTest(try differences([1, -0.5, -0.25])).pValue, 4.0 / 8))
        #expect(SignFlipTest(try differences([0, 0])).pValue == 1)
        #expect(SignFlipTest(try differences([])).pValue == 1)
        #expect(SignFlipTest(try differences([-1, -1])).pValue == 1)
    }

    @Test func signFlipByTheNormalDistribution() throws {
        // 17 differences, 12 of them gains: z = 7 / √17 = 1.6977
        let test = SignFlipTest(try differences([Double](repeating: 1, count: 12) + [Double](repeating: -1, count: 5)))
        #expect(!test.isExact && isNear(test.statistic, 1.697749, 1e-6) && isNear(test.pValue, 0.044778, 1e-5))
    }

    @Test func mcNemar() {
        // Five heads of five: 1/32. Eight or more of ten: 56/1024.
        #expect(isNear(McNemarTest(repairs: 5, regressions: 0).pValue, 1.0 / 32))
        #expect(isNear(McNemarTest(repairs: 8, regressions: 2).pValue, 56.0 / 1024))
        #expect(McNemarTest(repairs: 0, regressions: 0).pValue == 1)
        #expect(McNemarTest(repairs: 0, regressions: 4).pValue == 1)
        let many = McNemarTest(repairs: 2_000, regressions: 0).pValue
        #expect(many >= 0 && many < 1e-300)
        #expect(isNear(McNemarTest(repairs: 1_500, regressions: 1_500).pValue, 0.5073, 1e-3))
    }

    @Test func evidenceOfACanary() {
        var evidence = EvidenceProcess()
        for pair in [PairResult.repair, .same, .repair] { evidence.observe(pair) }
        // Mean of 1.1², 1.3², 1.5², 1.7², 1.9²
        #expect(isNear(evidence.value, (1.21 + 1.69 + 2.25 + 2.89 + 3.61) / 5) && evidence.pairs == 3)
        evidence.observe(.regression)
        #expect(
            isNear(evidence.value, (1.21 * 0.9 + 1.69 * 0.7 + 2.25 * 0.5 + 2.89 * 0.3 + 3.61 * 0.1) / 5)
        )
        #expect(PairResult(passedWith: true, passedWithout: false) == .repair)
        #expect(PairResult(passedWith: false, passedWithout: true) == .regression)

        var harmed = CanaryEvidence()
        for _ in 0..<6 { harmed.observe(.regression) }
        #expect(harmed.advice(alpha: 0.05, harmAlpha: 0.1) == .rollBack)
        var helped = CanaryEvidence()
        for _ in 0..<4 { helped.observe(.repair) }
        #expect(helped.advice(alpha: 0.05, harmAlpha: 0.1) == .goOn)
        for _ in 0..<3 { helped.observe(.repair) }
        #expect(helped.advice(alpha: 0.05, harmAlpha: 0.1) == .promote)
        // A long life does not overflow into what is no number.
        for _ in 0..<10_000 { helped.observe(.repair) }
        for _ in 0..<100_000 { helped.observe(.regression) }
        #expect(helped.advice(alpha: 0.05, harmAlpha: 0.1) == .rollBack)
    }

    @Test func budget() throws {
        var budget = try #require(ErrorBudget(alpha: 0.05))
        let first = budget.spend()
        #expect(isNear(first, 0.05 * 6 / (Double.pi * Double.pi)))
        #expect(isNear(budget.next, first / 4) && isNear(budget.spent, first))
        let long = try #require(ErrorBudget(alpha: 0.05, tested: 20_000))
        #expect(long.spent < 0.05 && long.spent > 0.0499)
        #expect(ErrorBudget(alpha: 1) == nil && ErrorBudget(alpha: 0.05, tested: -1) == nil)
    }

    @Test func sizesOfTheTable() throws {
        let table: [(gain: Double, needed: [Int])] = [
            (0.05, [619, 344, 193]), (0.07, [316, 176, 98]), (0.10, [155, 86, 49]), (0.15, [69, 39, 22]),
        ]
        for (gain, needed) in table {
            for (replays, needed) in zip([1, 2, 4], needed) {
                #expect(try #require(SampleSizeAdvice(tasks: 12, replays: replays, gain: gain)).needed == needed)
            }
        }
        let three = try #require(SampleSizeAdvice(tasks: 12, replays: 3, gain: 0.07))
        #expect(three.needed > 98 && three.needed < 176)
        let advice = try #require(SampleSizeAdvice(tasks: 12, replays: 4, gain: 0.07))
        #expect("\(advice)" == "needs 98 tasks x 4 for +7 points; you have 12: staged as canary")
        #expect(try #require(SampleSizeAdvice(tasks: 98, replays: 4, gain: 0.07)).suffices)
        #expect(SampleSizeAdvice(tasks: 1, replays: 0, gain: 0.1) == nil)
        #expect(SampleSizeAdvice(tasks: 1, replays: 1, gain: 0) == nil)
    }

    @Test(
        "Student's quantiles of printed tables",
        arguments: [
            (1, 0.025, 12.706), (2, 0.025, 4.303), (3, 0.05, 2.353), (4, 0.025, 2.776), (9, 0.05, 1.833),
            (10, 0.025, 2.228), (30, 0.05, 1.697), (120, 0.025, 1.980),
        ]
    )
    func student(_ freedom: Int, _ tail: Double, _ value: Double) {
        #expect(isNear(StudentDistribution.quantile(upperTail: tail, freedom: freedom), value, 6e-4))
    }

    @Test func intervals() throws {
        // Mean 0.25, deviation √(1/3 · (0.25² · 3 + 0.75²)) = 0.5; t(3) = 3.182 for 95 %
        let paired = try differences([0, 0, 0, 1])
        let interval = try #require(MeanInterval(paired))
        #expect(isNear(interval.low, 0.25 - 3.182 / 4, 1e-3) && isNear(interval.high, 0.25 + 3.182 / 4, 1e-3))
        #expect(MeanInterval(try differences([1])) == nil)
    }

    private func test(_ values: [Double], alpha: Double = 0.05) throws -> NonInferiority {
        NonInferiority(try differences(values), alpha: alpha, tokensBefore: 1000, tokensAfter: 850)
    }

    @Test func whatHardlyDiffersTakesManyTasks() throws {
        // Nothing seen in n tasks: 1 - 0.05^(1/n) is 0.0298 for 99, 0.0301 for 98; 1 - 0.025^(1/122) is 0.0298.
        #expect(try test([Double](repeating: 0, count: 99)).isNoWorse)
        let fewer = try test([Double](repeating: 0, count: 98))
        #expect(isNear(try #require(fewer.lowerBound), -0.0301, 1e-4) && !fewer.isNoWorse)
        #expect(try !test([Double](repeating: 0, count: 121), alpha: 0.025).isNoWorse)
        #expect(try test([Double](repeating: 0, count: 122), alpha: 0.025).isNoWorse)
        // A stray replay that passed is no reason to ask less.
        #expect(try !test([0.25] + [Double](repeating: 0, count: 7)).isNoWorse)
        #expect(try !test([0.05] + [Double](repeating: 0, count: 3)).isNoWorse)
        #expect(try !test([-1] + [Double](repeating: 0, count: 19)).isNoWorse)
        #expect(try !test([0]).isNoWorse)
        #expect(isNear(try test([0]).saving, 0.15, 1e-9))
    }

    @Test func theLowerEndIsThatOfTheInterval() throws {
        // 120 tasks, two repaired and one broken: mean 0.0083, deviation 0.1580, t(119) = 1.658: 0.0083 - 0.0239
        let close = try test([1, 1, -1] + [Double](repeating: 0, count: 117))
        #expect(isNear(try #require(close.lowerBound), -0.02466, 1e-4) && close.isNoWorse)
        // 80 tasks, two repaired and two broken: mean 0, deviation 0.2250, t(79) = 1.664: 0 - 0.0419
        let worse = try test([1, 1, -1, -1] + [Double](repeating: 0, count: 76))
        #expect(isNear(try #require(worse.lowerBound), -0.0419, 5e-4) && !worse.isNoWorse)
        // Mean 0.25, deviation 0.5, t(3) = 2.353 for one side of 5 %: -0.338, but four tasks show less: -0.527
        #expect(isNear(try #require(try test([0, 0, 0, 1]).lowerBound), -0.527, 1e-3))
    }

    // ((1.6449 + 0.8416) · σ / 0.03)²
    @Test(arguments: [(1, 1718), (2, 955), (4, 534)])
    func tasksThatShowThatNothingIsLost(_ replays: Int, _ needed: Int) throws {
        let advice = try #require(NonInferiorityAdvice(tasks: 12, replays: replays, alpha: 0.05))
        #expect(advice.needed == needed && !advice.suffices)
        let said = "no gain is claimed: needs \(needed) tasks x \(replays) to show that less than 3 points are lost"
        #expect(advice.description == said + "; you have 12")
    }
}
