import CommandLineKit
import Wire

/// A verdict and its grounds.
enum VerdictLines {
    /// Paths, tests and the like beyond this number are only counted.
    private static let shown = 8

    static func lines(_ verdict: Verdict) -> [Line] {
        var lines = [headline(verdict)]
        if verdict.outcome != .passed { lines.append(Line("    \(exceptionPrefix(verdict))\(verdict.message)")) }
        for test in verdict.tests.filter({ $0.status == .failed }).prefix(shown) {
            lines.append(Line("    test failed: ", .red) + Line(test.name + (test.message.map { ": \($0)" } ?? "")))
        }
        return lines
            + evidence(verdict.evidence, isPassed: verdict.outcome == .passed).map {
                Line("    evidence: ", .yellow) + Line($0)
            }
    }

    static func style(_ outcome: VerdictOutcome?) -> Style {
        switch outcome {
        case .passed: .green
        case .failed: .red
        case .unverifiable, nil: .yellow
        }
    }

    private static func headline(_ verdict: Verdict) -> Line {
        var parts: [String] = []
        if verdict.rewards.count > 1 {
            parts += verdict.rewards.sorted { $0.key < $1.key }.map { "\($0.key) \(Figures.reward($0.value))" }
        } else if let reward = verdict.reward {
            parts.append("reward \(Figures.reward(reward))")
        }
        if !verdict.tests.isEmpty {
            let passed = verdict.tests.count { $0.status == .passed }
            parts.append("\(passed) of \(Figures.count(verdict.tests.count, "test")) passed")
        }
        let tools = verdict.tools.map { " with the tools \($0.dropFirst("sha256:".count).prefix(12))" } ?? ""
        parts.append("verified \(verdict.mode.rawValue)\(tools)")
        return Line("  \(verdict.outcome.rawValue)", style(verdict.outcome))
            + Line("  " + parts.joined(separator: ", "))
    }

    private static func exceptionPrefix(_ verdict: Verdict) -> String {
        verdict.exception.map { $0 + ": " } ?? ""
    }

    /// What was seen of the agent's doing, a sentence each; of a passed trial only what a reader must not miss.
    static func evidence(_ evidence: Evidence, isPassed: Bool) -> [String] {
        var sentences: [String] = []
        if evidence.processesKilled > 0 {
            sentences.append("agent left \(Figures.count(evidence.processesKilled, "process", "processes")): killed")
        }
        if evidence.survivors > 0 {
            sentences.append("\(Figures.count(evidence.survivors, "process", "processes")) survived the kill")
        }
        if !evidence.listeningPorts.isEmpty {
            let ports = evidence.listeningPorts.map(String.init).joined(separator: ", ")
            sentences.append("agent left something listening on port \(ports)")
        }
        sentences += evidence.suspicious.prefix(shown).map { "suspicious: " + $0 }
        if evidence.suspicious.count > shown {
            sentences.append("and \(evidence.suspicious.count - shown) more that are suspicious")
        }
        if !isPassed, evidence.changedOutsideTotal > 0 {
            let paths = evidence.changedOutside.prefix(shown).map { path in
                path.path + (path.kind == .deleted ? " (deleted)" : "")
            }
            let more = evidence.changedOutsideTotal - paths.count
            sentences.append(
                "changed outside the working directory: " + paths.joined(separator: ", ")
                    + (more > 0 ? " and \(more) more" : "")
            )
        }
        if !evidence.unenforcedLimits.isEmpty {
            sentences.append("not enforced on this host: " + evidence.unenforcedLimits.joined(separator: ", "))
        }
        return sentences
    }
}
