import Statistics
import Testing

struct SharedStatisticsTests {
    /// The first numbers of seed 1234567, as the authors' program prints them.
    @Test func theGeneratorIsSplitMix64() {
        var numbers = SplitMix64(seed: 1_234_567)
        #expect(numbers.next() == 6_457_827_717_110_365_317)
        #expect(numbers.next() == 3_203_168_211_198_807_973)
        #expect(numbers.next() == 9_817_491_932_198_370_423)
    }

    @Test(arguments: [(5, 10, 0.2366, 0.7634), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (1, 2, 0.0945, 0.9055)])
    func theIntervalIsWilsons(passed: Int, count: Int, low: Double, high: Double) {
        let interval = WilsonInterval(share: Double(passed) / Double(count), of: count)
        #expect(abs(interval.low - low) < 1e-4 && abs(interval.high - high) < 1e-4, "\(interval)")
    }
}
