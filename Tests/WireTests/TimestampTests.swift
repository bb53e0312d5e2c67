import Testing

@testable import Wire

@Suite struct TimestampTests {
    @Test func everyMillisecondSurvivesTheTextForm() throws {
        var random = SystemRandomNumberGenerator()
        let chosen: [Int64] =
            Array(-1001...2001) + (0..<2000).map { _ in .random(in: 0...4_000_000_000_000, using: &random) }
        for milliseconds in chosen {
            let text = try WireJSON.encode([Timestamp(milliseconds: milliseconds)])
            let decoded = try WireJSON.decode([Timestamp].self, from: text)
            #expect(decoded.first?.milliseconds == milliseconds)
        }
        #expect(Timestamp(milliseconds: 1_795_237_800_005).description == "2026-11-21T05:10:00.005Z")
    }
}
