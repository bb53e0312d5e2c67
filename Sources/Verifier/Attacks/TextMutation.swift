import Statistics

/// One small change of a text, which a verifier that looks would notice.
struct TextMutation: Sendable, Hashable {
    enum Rule: CaseIterable {
        /// The last digit of a number is another one.
        case number
        case droppedLine
        /// A line and the next one.
        case swappedLines
        /// Of a whole word.
        case letterCase
    }
    let bytes: [UInt8]
    /// For people: `line 3: '41' to '42'`.
    let change: String

    /// nil where the text has nothing that the rule could change.
    init?(_ text: [UInt8], _ rule: Rule, _ draws: inout SplitMix64) {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        let filled = lines.indices.filter { !lines[$0].allSatisfy { $0 == UInt8(ascii: " ") || $0 == 9 || $0 == 13 } }
        switch rule {
        case .droppedLine:
            guard filled.count > 1, let index = filled.randomElement(using: &draws) else { return nil }
            change = "line \(index + 1) dropped: '\(Self.shown(lines[index][...]))'"
            lines.remove(at: index)
        case .swappedLines:
            let pairs = filled.filter { filled.contains($0 + 1) && lines[$0] != lines[$0 + 1] }
            guard let index = pairs.randomElement(using: &draws) else { return nil }
            lines.swapAt(index, index + 1)
            change = "lines \(index + 1) and \(index + 2) swapped"
        case .number:
            let runs = Self.runs(in: lines, where: Self.isDigit)
            guard let (index, range) = runs.randomElement(using: &draws) else { return nil }
            let before = lines[index][range]
            let last = range.upperBound - 1
            let isNine = lines[index][last] == UInt8(ascii: "9")
            lines[index][last] = isNine ? UInt8(ascii: "8") : lines[index][last] + 1
            change = "line \(index + 1): '\(Self.shown(before))' to '\(Self.shown(lines[index][range]))'"
        case .letterCase:
            let runs = Self.runs(in: lines, where: Self.isLetter).filter { $0.range.count > 1 }
            guard let (index, range) = runs.randomElement(using: &draws) else { return nil }
            let before = lines[index][range]
            let isLower = before.contains { $0 & 0x20 != 0 }
            for place in range { lines[index][place] = isLower ? before[place] & ~0x20 : before[place] | 0x20 }
            change = "line \(index + 1): '\(Self.shown(before))' to '\(Self.shown(lines[index][range]))'"
        }
        bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }

    /// The longest runs of such bytes, by line.
    private static func runs(in lines: [[UInt8]], where fits: (UInt8) -> Bool) -> [(line: Int, range: Range<Int>)] {
        var runs: [(line: Int, range: Range<Int>)] = []
        for (number, line) in lines.enumerated() {
            var start: Int?
            for place in 0...line.count {
                if place < line.count, fits(line[place]) {
                    start = start ?? place
                } else if let first = start {
                    runs.append((number, first..<place))
                    start = nil
                }
            }
        }
        return runs
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }

    private static func shown(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.count > 40 ? text.prefix(39) + "…" : text
    }
}
