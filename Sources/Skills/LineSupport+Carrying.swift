extension PatchedSkill {
    /// What supports the lines of the new tree: the base's support where its lines stayed, and for what was edited `finer`,
    /// or where that is empty the edits' evidence.
    ///
    /// `finer` cannot speak for lines that stayed: a version does not lose the trials behind it by saying less of them.
    package func support(carrying old: [LineSupport], edits: [SkillEdit], finer: [LineSupport] = []) -> [LineSupport] {
        var result = old.filter { tree.files[$0.file] != nil && origins[$0.file] == nil }
        for file in origins.keys.sorted() {
            let places = origins[file] ?? []
            let base = places.compactMap { if case .base(let line) = $0 { line + 1 } else { nil } }.max() ?? 0
            let carried = Self.byLine(old.filter { $0.file == file }, of: base)
            let own = Self.byLine(finer.filter { $0.file == file }, of: places.count)
            var runs: [(first: Int, last: Int, causes: [Cause])] = []
            for (line, origin) in places.enumerated() {
                let causes =
                    switch origin {
                    case .base(let old): carried[old + 1] ?? own[line + 1] ?? []
                    case .edit(let index) where finer.isEmpty:
                        [Cause(evidence: edits[index].evidence, kind: edits[index].kind)]
                    case .edit: own[line + 1] ?? []
                    }
                if let last = runs.last, last.causes == causes {
                    runs[runs.count - 1].last = line + 1
                } else {
                    runs.append((line + 1, line + 1, causes))
                }
            }
            for run in runs {
                result += run.causes.map {
                    LineSupport(file: file, first: run.first, last: run.last, evidence: $0.evidence, kind: $0.kind)
                }
            }
        }
        return result
    }

    private struct Cause: Equatable {
        let evidence: [String]
        let kind: SkillEdit.Kind?
    }

    /// Of the first `count` lines: what distillers say of lines is numbers, and no file need have so many.
    private static func byLine(_ support: [LineSupport], of count: Int) -> [Int: [Cause]] {
        var lines: [Int: [Cause]] = [:]
        for entry in support where entry.first <= min(entry.last, count) {
            for line in max(entry.first, 1)...max(min(entry.last, count), 1) {
                lines[line, default: []].append(Cause(evidence: entry.evidence, kind: entry.kind))
            }
        }
        return lines
    }
}
