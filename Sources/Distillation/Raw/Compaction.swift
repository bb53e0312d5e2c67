/// A run cut down by rule, without a model: its beginning, its end and whatever signals something.
package enum Compaction {
    /// What a compacted run says of the rule that made it.
    package static let rule = "head8+tail12+signals"
    static let eventCharacters = 8_000
    /// Of the whole, with characters divided by four.
    static let totalTokens = 8_000

    /// How much is kept: the rule, its rough form, and that with ever less of the outputs.
    private struct Measure {
        let head: Int
        let tail: Int
        let argumentCharacters: Int
        let observationCharacters: Int
    }

    private static let measures = [
        Measure(head: 8, tail: 12, argumentCharacters: 200, observationCharacters: 3_000),
        Measure(head: 4, tail: 8, argumentCharacters: 100, observationCharacters: 3_000),
        Measure(head: 4, tail: 8, argumentCharacters: 100, observationCharacters: 1_500),
        Measure(head: 4, tail: 8, argumentCharacters: 100, observationCharacters: 700),
        Measure(head: 4, tail: 8, argumentCharacters: 100, observationCharacters: 200),
    ]

    /// The run as text, within all caps; a header says how it ended.
    package static func compact(_ run: DistillRequest.Trajectory) -> DistillRequest.Compact {
        var text = ""
        for measure in measures {
            text = self.text(of: run, measure)
            if TokenEstimate.tokens(in: text) <= totalTokens { break }
        }
        // Thousands of errors: both ends of them.
        text = shortened(text, to: totalTokens * 4)
        return .init(text: text, rule: rule, tokens: TokenEstimate.tokens(in: text))
    }

    private static func text(of run: DistillRequest.Trajectory, _ measure: Measure) -> String {
        let events = run.actions.map { text(of: $0, measure) }
        let last = events.count - measure.tail
        var pieces = [header(of: run)]
        var next = 0
        let kept = events.indices.filter { $0 < measure.head || $0 >= last || hasSignal(events[$0]) }
        for index in kept {
            if index > next { pieces.append("[\(index - next) left out]") }
            pieces.append(events[index])
            next = index + 1
        }
        return pieces.joined(separator: "\n")
    }

    private static func header(of run: DistillRequest.Trajectory) -> String {
        var lines = ["verdict: \(run.evidence.verdict.rawValue)"]
        if let reward = run.evidence.reward { lines.append("reward: \(reward)") }
        let failed = run.evidence.checks.filter { !$0.passed }
        if !failed.isEmpty { lines.append("failed checks: " + failed.map(\.id).joined(separator: ", ")) }
        return lines.joined(separator: "\n")
    }

    private static func text(of action: DistillRequest.Action, _ measure: Measure) -> String {
        let words = action.argv ?? [action.kind.rawValue, action.path ?? ""]
        var lines = [
            "[\(action.id)] " + words.map { shortened($0, to: measure.argumentCharacters) }.joined(separator: " ")
        ]
        if let text = action.text { lines.append(shortened(text, to: measure.argumentCharacters)) }
        if let exit = action.exit, exit != 0 { lines.append("exit \(exit)") }
        if let signal = action.signal { lines.append("signal \(signal)") }
        let streams = [action.stdout, action.stderr].compactMap { $0 }
        let output = streams.flatMap { [$0.head, $0.tail] }.filter { !$0.isEmpty }.joined(separator: "\n")
        if !output.isEmpty { lines.append(shortened(output, to: measure.observationCharacters)) }
        return shortened(lines.joined(separator: "\n"), to: eventCharacters)
    }

    /// Both ends of a text that is too long.
    private static func shortened(_ text: String, to limit: Int) -> String {
        guard text.count > limit else { return text }
        let half = (limit - 5) / 2
        return text.prefix(half) + " ... " + text.suffix(half)
    }

    /// An error, a skill or the verifier.
    private static func hasSignal(_ event: String) -> Bool {
        let marks = ["Traceback", "Error:", "Exception:", "FAILED", "SKILL.md", "/skills/", "reward", "/logs/verifier"]
        return marks.contains { event.contains($0) }
    }
}
