import Statistics
import Testing

@testable import Wire

/// Frames come out whole, however the stream was cut, and never longer than allowed.
struct LineFramerTests {
    private func frames(_ pieces: [[UInt8]], limit: Int = 64) throws(FramingError) -> [String] {
        var framer = LineFramer(limit: limit)
        var found: [String] = []
        for piece in pieces {
            framer.append(piece)
            while let frame = try framer.nextFrame() { found.append(String(decoding: frame, as: UTF8.self)) }
        }
        return found
    }

    @Test func cutsAnywhereMakeTheSameFrames() throws {
        var random = SplitMix64(seed: 20_261_121)
        for _ in 0..<500 {
            let lines = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                String(
                    (0..<Int.random(in: 0...64, using: &random)).map { _ in
                        "abcé{}\"".randomElement(using: &random) ?? "a"
                    }
                )
            }.filter { $0.utf8.count <= 64 }
            var rest = Array(lines.map { $0 + "\n" }.joined().utf8)[...]
            var pieces: [[UInt8]] = []
            while !rest.isEmpty {
                let count = Int.random(in: 1...40, using: &random)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(try frames(pieces) == lines.filter { !$0.isEmpty })
        }
    }

    @Test func aFrameMayBeAsLongAsTheLimitAndNoLonger() throws {
        let fitting = [UInt8](repeating: 0x61, count: 64)
        #expect(try frames([fitting, [10]]) == [String(repeating: "a", count: 64)])
        #expect(throws: FramingError.tooLong(limit: 64)) { try frames([fitting + [0x61, 10]]) }
        // Before its end has come, and after good ones.
        #expect(throws: FramingError.tooLong(limit: 64)) { try frames([[0x62, 10], fitting, [0x61]]) }
    }

    @Test func anUnfinishedFrameIsKeptAndKnown() throws {
        var framer = LineFramer()
        framer.append(Array("{\"a\"".utf8))
        var (frame, isPartial) = (try framer.nextFrame(), framer.hasPartialFrame)
        #expect(frame == nil && isPartial)
        framer.append(Array(":1}\n\n\n".utf8))
        frame = try framer.nextFrame()
        #expect(frame == Array("{\"a\":1}".utf8))
        (frame, isPartial) = (try framer.nextFrame(), framer.hasPartialFrame)
        #expect(frame == nil && !isPartial)
    }

}
