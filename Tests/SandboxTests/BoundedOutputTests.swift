import Statistics
import Testing

@testable import Sandbox

struct BoundedOutputTests {
    @Test(arguments: [UInt64](1...200)) func keepsBothEndsUnderRandomCuts(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let head = Int.random(in: 0...20, using: &random)
        let tail = Int.random(in: 0...20, using: &random)
        var output = BoundedOutput(headLimit: head, tailLimit: tail)
        var all: [UInt8] = []
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let piece = (0..<Int.random(in: 0...17, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            output.append(piece)
            all += piece
            #expect(output.total == all.count)
            #expect(output.head == Array(all.prefix(head)))
            #expect(output.tail == Array(all.dropFirst(head).suffix(tail)))
            #expect(output.omitted == max(0, all.count - head - tail))
            for _ in 0..<10 {
                let offset = Int.random(in: -2...all.count + 3, using: &random)
                let limit = Int.random(in: 0...25, using: &random)
                let slice = output.bytes(from: offset, limit: limit)
                #expect(slice.bytes == Array(all.dropFirst(slice.start).prefix(slice.bytes.count)))
                #expect(slice.bytes.count <= limit)
                let tailStart = all.count - output.tail.count
                let asked = min(max(offset, 0), all.count)
                // Only what was dropped is passed over.
                #expect(slice.start == (asked >= output.head.count ? max(asked, tailStart) : asked))
                #expect(!slice.bytes.isEmpty || limit == 0 || slice.start == all.count)
            }
        }
    }

    @Test func shortOutputIsWhole() {
        var output = BoundedOutput(headLimit: 4, tailLimit: 4)
        output.append(Array("abcdef".utf8))
        #expect(output.head + output.tail == Array("abcdef".utf8))
        #expect(output.omitted == 0)
        #expect(output.bytes(from: 1, limit: 100).bytes == Array("bcdef".utf8))
    }
}
