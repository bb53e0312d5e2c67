import Skills

/// Where agents can have read a value: between words that the instructions of different tasks share.
struct AnchorMining: Sendable {
    /// By run.
    private let instructions: [String: String]

    /// Of each side; more is one task's own wording.
    private static let longest = 32
    /// Both sides together; fewer fit anywhere.
    private static let shortest = 3

    init(_ runs: [MinedRun]) {
        instructions = Dictionary(runs.map { ($0.id, TextAnchor.normalised($0.source.task.instruction)) }) { first, _ in
            first
        }
    }

    /// The anchor that finds each run's value in its instruction; nil without one, or where all instructions are the same.
    func anchor(of values: [String: String]) -> TextAnchor? {
        var found: [String: String] = [:]
        for (run, value) in values {
            guard let text = instructions[run] else { return nil }
            if let held = found[text], held != value { return nil }
            found[text] = value
        }
        let tasks = found.sorted { $0.key < $1.key }
        guard tasks.count >= 2, let first = tasks.first else { return nil }
        let anchors = Self.places(of: first.value, in: first.key).compactMap { place in
            Self.anchor(around: place, in: first.key, shared: tasks.dropFirst().map { ($0.key, $0.value) })
        }
        let right = anchors.filter { anchor in tasks.allSatisfy { anchor.value(in: $0.key) == $0.value } }
        return right.max { Self.length($0) < Self.length($1) }
    }

    private static func length(_ anchor: TextAnchor) -> Int { anchor.after.count + anchor.before.count }

    /// What stands on both sides of the place, as far as it stands so in every other text around its value.
    private static func anchor(
        around place: Range<String.Index>,
        in text: String,
        shared others: [(text: String, value: String)]
    ) -> TextAnchor? {
        var left = String(text[..<place.lowerBound].suffix(longest))
        var right = String(text[place.upperBound...].prefix(longest))
        for other in others {
            let sides = places(of: other.value, in: other.text).map { found in
                (
                    left: commonSuffix(left, other.text[..<found.lowerBound]),
                    right: commonPrefix(right, other.text[found.upperBound...])
                )
            }
            guard let best = sides.max(by: { $0.left.count + $0.right.count < $1.left.count + $1.right.count }) else {
                return nil
            }
            (left, right) = (best.left, best.right)
        }
        // Whole words: half of one is chance.
        if left.first.map(TextAnchor.isValuePart) ?? false { left = String(left.drop(while: TextAnchor.isValuePart)) }
        while let last = right.last, TextAnchor.isValuePart(last) { right.removeLast() }
        let anchor = TextAnchor(after: left.trimmingStart, before: right.trimmingEnd)
        return length(anchor) >= shortest ? anchor : nil
    }

    /// As a whole word.
    private static func places(of value: String, in text: String) -> [Range<String.Index>] {
        text.ranges(of: value).filter { range in
            let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : " "
            let after = range.upperBound < text.endIndex ? text[range.upperBound] : " "
            return !TextAnchor.isValuePart(before) && (!TextAnchor.isValuePart(after) || after == ".")
        }
    }

    private static func commonSuffix(_ left: String, _ right: Substring) -> String {
        String(zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.map(\.0).reversed())
    }

    private static func commonPrefix(_ left: String, _ right: Substring) -> String {
        String(zip(left, right).prefix { $0 == $1 }.map(\.0))
    }
}

extension String {
    fileprivate var trimmingStart: String { String(drop { $0 == " " }) }

    fileprivate var trimmingEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
