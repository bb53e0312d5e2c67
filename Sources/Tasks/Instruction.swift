/// The prompt of a task, as the agent gets it.
enum Instruction {
    /// Drops leading comment lines that carry a benchmark's canary, and the blank lines after them.
    ///
    /// Benchmarks mark their files so that they can be found in training data; agents are not shown the mark.
    static func withoutCanary(_ text: String) -> String {
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" }
        let rest = lines.drop { isCanary(trimmed($0)) }.drop { trimmed($0).isEmpty }
        return rest.joined(separator: "\n")
    }

    private static func isCanary(_ line: Substring) -> Bool {
        guard line.lowercased().contains("canary") else { return false }
        return line.hasPrefix("#") || (line.hasPrefix("<!--") && line.hasSuffix("-->"))
    }

    private static func trimmed(_ line: Substring) -> Substring {
        var line = line.drop(while: \.isWhitespace)
        while line.last?.isWhitespace == true { line.removeLast() }
        return line
    }
}
