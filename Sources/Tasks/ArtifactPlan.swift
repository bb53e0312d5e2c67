/// What is collected of a sandbox, and where each thing goes: declarations made definite.
package struct ArtifactPlan: Sendable, Hashable {
    /// One thing to collect.
    package struct Item: Sendable, Hashable {
        /// Absolute, without `.` and without a slash at the end.
        package let source: String
        /// Relative to the trial's `artifacts/`.
        package let destination: String
        /// tar's `--exclude` patterns, for directories.
        package let exclude: [String]
        /// What has this place, or one around or below it, an earlier item by its source: then this one is not collected.
        package let conflict: String?
    }

    package let items: [Item]

    /// The conventional directory first, unless it is declared; the same declared twice is one item.
    ///
    /// Relative sources begin at `workingDirectory`. Of items whose destinations overlap the first one counts, as in Harbor.
    package init(_ declared: [ArtifactDeclaration], workingDirectory: String) {
        let place = Self.names(ArtifactDeclaration.convention.source)
        var wanted = declared
        if !declared.contains(where: { Self.names($0.source) == place && $0.source.hasPrefix("/") }) {
            wanted.insert(.convention, at: 0)
        }
        var items: [Item] = []
        for (index, one) in wanted.enumerated() where !wanted[..<index].contains(one) {
            let names = (one.source.hasPrefix("/") ? [] : Self.names(workingDirectory)) + Self.names(one.source)
            let target = one.destination.map(Self.names) ?? names
            let conflict =
                target.first == "manifest.json"
                ? "the manifest"
                : items.first { $0.conflict == nil && Self.overlap(Self.names($0.destination), target) }?.source
            items.append(
                Item(
                    source: "/" + names.joined(separator: "/"),
                    destination: target.joined(separator: "/"),
                    exclude: one.exclude,
                    conflict: conflict
                )
            )
        }
        self.items = items
    }

    private static func names(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." && $0 != ".." }
    }

    private static func overlap(_ first: [String], _ second: [String]) -> Bool {
        first.starts(with: second) || second.starts(with: first)
    }
}

/// tar's `--exclude`: a pattern fits a name from any slash on.
package struct ExcludePatterns: Sendable, Hashable {
    private let patterns: [GlobPattern]

    package init(_ patterns: [String]) {
        self.patterns = patterns.map { GlobPattern($0) }
    }

    /// Whether a path relative to the archived directory is left out; tar sees it as `./path`.
    ///
    /// Of what is below something left out it says nothing: whoever walks does not go there.
    package func excludes(_ path: String) -> Bool {
        guard !patterns.isEmpty else { return false }
        let whole = Array("./\(path)".unicodeScalars)
        let starts = [0] + whole.indices.filter { whole[$0] == "/" }.map { $0 + 1 }
        return starts.contains { start in patterns.contains { $0.matches(whole[start...]) } }
    }
}
