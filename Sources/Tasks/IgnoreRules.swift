/// The lines of a `.gitignore` or `.harborignore`, see gitignore(5), or of a `.dockerignore`.
struct IgnoreRules: Sendable {
    private struct Rule: Sendable {
        let negated: Bool
        /// Matches directories only, and so everything in them.
        let directoriesOnly: Bool
        /// One pattern for each name of the path; nil is `**`, any number of names.
        let segments: [GlobPattern?]
    }

    private let rules: [Rule]

    init(lines: [some StringProtocol]) {
        rules = lines.compactMap { Self.rule(String($0)) }
    }

    init(text: String) {
        self.init(lines: text.split(omittingEmptySubsequences: true) { $0.isNewline })
    }

    /// The lines of a `.dockerignore`, which all begin at the root; see docs.docker.com/build/concepts/context, "dockerignore files".
    init(dockerText text: String) {
        rules = text.split { $0.isNewline }.compactMap { Self.dockerRule($0) }
    }

    private static func dockerRule(_ line: Substring) -> Rule? {
        guard !line.hasPrefix("#") else { return nil }
        var line = line.drop(while: \.isWhitespace)
        while line.last?.isWhitespace == true { line.removeLast() }
        let negated = line.hasPrefix("!")
        if negated { line = line.dropFirst().drop(while: \.isWhitespace) }
        // As a path is cleaned: neither `.` nor `..` nor slashes at the ends count.
        var names: [Substring] = []
        for name in line.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        guard !names.isEmpty else { return nil }
        return Rule(
            negated: negated,
            directoriesOnly: false,
            segments: names.map { $0 == "**" ? nil : GlobPattern($0) }
        )
    }

    /// Whether something in an ignored directory may be kept.
    var hasExceptions: Bool { rules.contains(where: \.negated) }

    private static func rule(_ line: String) -> Rule? {
        var line = line[...]
        // Trailing spaces count only behind a backslash.
        while line.hasSuffix(" "), !line.hasSuffix("\\ ") { line.removeLast() }
        guard !line.isEmpty, !line.hasPrefix("#") else { return nil }
        let negated = line.hasPrefix("!")
        if negated { line.removeFirst() }
        let directoriesOnly = line.hasSuffix("/")
        while line.hasSuffix("/") { line.removeLast() }
        guard !line.isEmpty else { return nil }
        let anchored = line.contains("/")
        var segments = line.split(separator: "/").map { $0 == "**" ? nil : GlobPattern($0) }
        if !anchored { segments.insert(nil, at: 0) }
        return Rule(negated: negated, directoriesOnly: directoriesOnly, segments: segments)
    }

    /// What the last rule that fits the path or one of its parents says: ignore, keep, or nothing.
    func decision(_ path: [String], isDirectory: Bool) -> Bool? {
        for rule in rules.reversed() where Self.fits(rule, path, isDirectory: isDirectory) { return !rule.negated }
        return nil
    }

    private static func fits(_ rule: Rule, _ path: [String], isDirectory: Bool) -> Bool {
        // A rule that fits a directory fits all that is in it.
        (1...max(1, path.count)).contains { length in
            guard !rule.directoriesOnly || length < path.count || isDirectory else { return false }
            return fits(rule.segments[...], path[..<min(length, path.count)])
        }
    }

    /// Goes segment by segment and keeps which prefixes of the path can end there; recursion could explode.
    private static func fits(_ segments: ArraySlice<GlobPattern?>, _ path: ArraySlice<String>) -> Bool {
        var reachable = [Bool](repeating: false, count: path.count + 1)
        reachable[0] = true
        for (offset, segment) in segments.enumerated() {
            var next = [Bool](repeating: false, count: path.count + 1)
            guard let segment else {
                // A trailing `**` means what is inside, not the directory itself.
                let isLast = offset == segments.count - 1
                guard let first = reachable.firstIndex(of: true) else { return false }
                let start = first + (isLast ? 1 : 0)
                for index in next.indices where index >= start { next[index] = true }
                reachable = next
                continue
            }
            for index in 0..<path.count where reachable[index] {
                next[index + 1] = segment.matches(path[path.startIndex + index])
            }
            reachable = next
        }
        return reachable[path.count]
    }
}
