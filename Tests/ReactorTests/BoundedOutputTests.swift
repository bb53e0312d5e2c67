import Reactor
import Testing

@Suite struct BoundedOutputTests {
    @Test(arguments: [UInt64](1...200)) func keepsBothEndsUnderRandomCuts(seed: UInt64) {
        var random = SplitMix(state: seed)
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
        }
    }

    @Test func shortOutputIsWhole() {
        var output = BoundedOutput(headLimit: 4, tailLimit: 4)
        output.append(Array("abcdef".utf8))
        #expect(output.head + output.tail == Array("abcdef".utf8))
        #expect(output.omitted == 0)
    }
}
