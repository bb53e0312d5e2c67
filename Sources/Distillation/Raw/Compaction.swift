/// A run cut down by rule, without a model: its beginning, its end and whatever signals something.
package enum Compaction {
    /// What a compacted run says of the rule that made it.
    package static let rule = "head8+tail12+signals"
    static let head = 8
    static let tail = 12
    static let eventCharacters = 8_000
    static let observationCharacters = 3_000
    static let argumentCharacters = 200
    /// Of the whole, with characters divided by four.
    static let totalTokens = 8_000

    /// The run as text, within all caps; a header says how it ended.
    package static func compact(_ run: DistillRequest.Trajectory) -> DistillRequest.Compact {
        let events = run.actions.map(text)
        let last = events.count - tail
        var kept = events.indices.filter { $0 < head || $0 >= last || hasSignal(events[$0]) }
        let header = header(of: run)
        // What goes first when it is too much: signals from the middle, the latest before the earliest.
        func size() -> Int { kept.reduce(header.unicodeScalars.count) { $0 + events[$1].unicodeScalars.count + 8 } }
        while size() > totalTokens * 4, !kept.isEmpty {
            let middle = kept.lastIndex { $0 >= head && $0 < last } ?? kept.count - 1
            kept.remove(at: middle)
        }
        var pieces = [header]
        var next = 0
        for index in kept {
            if index > next { pieces.append("[\(index - next) left out]") }
            pieces.append(events[index])
            next = index + 1
        }
        if next < events.count { pieces.append("[\(events.count - next) left out]") }
        let text = pieces.joined(separator: "\n")
        return .init(text: text, rule: rule, tokens: TokenEstimate.tokens(in: text))
    }

    private static func header(of run: DistillRequest.Trajectory) -> String {
        var lines = ["verdict: \(run.evidence.verdict.rawValue)"]
        if let reward = run.evidence.reward { lines.append("reward: \(reward)") }
        let failed = run.evidence.checks.filter { !$0.passed }
        if !failed.isEmpty { lines.append("failed checks: " + failed.map(\.id).joined(separator: ", ")) }
        return lines.joined(separator: "\n")
    }

    private static func text(of action: DistillRequest.Action) -> String {
        let words = action.argv ?? [action.kind.rawValue, action.path ?? ""]
        var lines = ["[\(action.id)] " + words.map { shortened($0, to: argumentCharacters) }.joined(separator: " ")]
        if let text = action.text { lines.append(shortened(text, to: argumentCharacters)) }
        if let exit = action.exit, exit != 0 { lines.append("exit \(exit)") }
        if let signal = action.signal { lines.append("signal \(signal)") }
        let streams = [action.stdout, action.stderr].compactMap { $0 }
        let output = streams.flatMap { [$0.head, $0.tail] }.filter { !$0.isEmpty }.joined(separator: "\n")
        if !output.isEmpty { lines.append(shortened(output, to: observationCharacters)) }
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
