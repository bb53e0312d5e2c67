import Distillation
import Gate
import Skills
import Wire

/// Stage 3: every line is supported by trials that may be learnt from, and what it quotes was done in them.
struct EvidenceStage: GateCheck {
    let stage = GateStage.evidence

    /// Passing trials that a skill needs behind it.
    static let leastTrials = 2
    /// The share of what its commands do that passing trials did.
    static let leastCoverage = 0.6

    func finding(on subject: GateSubject) async throws -> GateFinding {
        let support = subject.version.proposal.support
        if support.isEmpty, subject.version.proposal.source == "import" {
            return .init(GateDecision(stage, .skipped, "taken in by a person: no trial stands behind it"))
        }
        if subject.version.proposal.isRefactoring, subject.sources.isEmpty, let parent = subject.parent,
            parent.version.proposal.support.allSatisfy(\.trials.isEmpty)
        {
            return .init(Self.refactoring(subject.tree, of: parent))
        }
        let passing = subject.sources.filter(\.isSuccess)
        if let objection = objection(to: subject, passing) { return failed(objection) }
        let measured = passing.compactMap { $0.trajectory?.evidence.verifier?.strength }.min()
        let coverage = Self.coverage(of: subject.tree, by: passing)
        var figures = ["trials": Double(passing.count), "lines": Double(support.count), "coverage": coverage]
        figures["strength"] = measured
        if let measured, measured < TaskStrength.leastTrusted {
            return failed(
                "a verifier behind it has the strength \(measured), at least \(TaskStrength.leastTrusted) is asked",
                figures
            )
        }
        guard coverage >= Self.leastCoverage else {
            return failed(
                "\(Int(coverage * 100)) % of what its commands do was done in passing trials, at least "
                    + "\(Int(Self.leastCoverage * 100)) % must be",
                figures
            )
        }
        let strength =
            measured.map { "the weakest verifier has strength \($0)" } ?? "the verifiers' strength is not known"
        let reason =
            "\(passing.count) passing trials, \(Int(coverage * 100)) % of what its commands do was done in them; \(strength)"
        let tasks = Set(passing.compactMap { $0.configuration?.taskDigest }).sorted()
        let digests = Dictionary(uniqueKeysWithValues: tasks.enumerated().map { ("task_\($0 + 1)", $1) })
        return .init(GateDecision(stage, .passed, reason, figures: figures, digests: digests))
    }

    /// Nobody has to show again what a version said that no trial stands behind; but it may not say anything else.
    private static func refactoring(_ tree: SkillTree, of parent: ShapeCheck.Base) -> GateDecision {
        let known = said(by: parent.tree)
        for path in tree.paths {
            let new = tree.files[path]?.text.flatMap { text in
                lines(of: text).first { !$0.allSatisfy(\.isWhitespace) && !known.contains($0) }
            }
            guard let new else { continue }
            let reason = "\(path): '\(new.prefix(60))' is not in \(parent.version.reference), and cites no trial"
            return GateDecision(.evidence, .failed, reason)
        }
        let reason = "says nothing that \(parent.version.reference) does not say, behind which no trial stands"
        return GateDecision(.evidence, .skipped, reason)
    }

    private static func said(by tree: SkillTree) -> Set<String> {
        Set(tree.files.values.compactMap(\.text).flatMap(lines))
    }

    /// Without their ends; as everybody counts them, so that no other sign that ends lines moves what support is for.
    private static func lines(of text: String) -> [String] {
        MarkdownOutline.lines(of: text).map { line in
            line.last.map { ["\n", "\r\n"].contains($0) } == true ? String(line.dropLast()) : line
        }
    }

    /// The lines that support is for; blank ones say nothing.
    private static func lines(_ support: LineSupport, in tree: SkillTree) -> [String] {
        let all = lines(of: tree.files[support.file]?.text ?? "")
        let own = max(support.first, 1)...max(support.last, support.first, 1)
        return all.indices.filter { own.contains($0 + 1) }.map { all[$0] }.filter { !$0.allSatisfy(\.isWhitespace) }
    }

    private func failed(_ reason: String, _ figures: [String: Double] = [:]) -> GateFinding {
        .init(GateDecision(stage, .failed, reason, figures: figures))
    }

    private func objection(to subject: GateSubject, _ passing: [SourceTrial]) -> String? {
        let support = subject.version.proposal.support
        guard !support.isEmpty else { return "no line of it says what it follows from" }
        if let bad = subject.sources.first(where: { $0.trajectory == nil }) {
            return "it cites the trial \(bad.name), which \(bad.withheld ?? "may not be learnt from")"
        }
        let names = Set(passing.map(\.name))
        if let bare = Self.bareLines(of: subject.tree, support, passing: names, parent: subject.parent?.tree) {
            return "\(bare.file):\(bare.first): no trial that it cites passed without a shortcut"
        }
        guard names.count >= Self.leastTrials else {
            return "\(names.count) passing trials stand behind it, at least \(Self.leastTrials) must"
        }
        return Self.uncitedBlock(in: subject.tree, support).map { "\($0): a code block cites nothing" }
    }

    /// The first lines that no passing trial supports, and neither says the parent.
    ///
    /// What went wrong is shown by runs that failed.
    static func bareLines(
        of tree: SkillTree,
        _ support: [LineSupport],
        passing: Set<String>,
        parent: SkillTree?
    ) -> LineSupport? {
        let known = parent.map(said) ?? []
        return support.first { line in
            guard line.kind != .pitfall, passing.isDisjoint(with: line.trials) else { return false }
            let isOld = line.trials.isEmpty && lines(line, in: tree).allSatisfy(known.contains)
            return line.evidence.isEmpty || !isOld
        }
    }

    /// Where, as `FILE:LINE`, the first code block is that no support covers.
    static func uncitedBlock(in tree: SkillTree, _ support: [LineSupport]) -> String? {
        for (path, blocks) in codeBlocks(of: tree) {
            let lines = support.filter { $0.file == path }
            let bare = blocks.first { block in
                !lines.contains { $0.first <= block.content.upperBound && $0.last > block.content.lowerBound }
            }
            if let bare { return "\(path):\(bare.opening + 1)" }
        }
        return nil
    }

    /// Of every Markdown file: whoever follows a skill also follows the files that it names.
    private static func codeBlocks(of tree: SkillTree) -> [(path: String, blocks: [MarkdownOutline.CodeBlock])] {
        tree.paths.filter(SkillLint.isMarkdown).map { path in
            let lines = MarkdownOutline.lines(of: tree.files[path]?.text ?? "")
            let start = path == SkillTree.mainFile ? SkillDocument.frontMatter(in: lines).upperBound : 0
            return (path, MarkdownOutline(lines, from: start).codeBlocks)
        }
    }

    private static let languages: Set<String> = ["", "sh", "bash", "shell", "console"]

    /// The share of the features of a skill's commands that passing trials have; 1 where it has no commands.
    static func coverage(of tree: SkillTree, by passing: [SourceTrial]) -> Double {
        let blocks = codeBlocks(of: tree).flatMap(\.blocks).filter { languages.contains($0.language) }
        let said = Set(blocks.flatMap { ActionFeatures(shell: $0.code).features })
        guard !said.isEmpty else { return 1 }
        let actions = passing.flatMap { $0.trajectory?.actions ?? [] }.filter { ($0.exit ?? 0) == 0 }
        let done = Set(actions.flatMap { ActionFeatures($0).features })
        return Double(said.intersection(done).count) / Double(said.count)
    }
}

extension LineSupport {
    /// The trials that it cites; `skill:NAME@VERSION` is none.
    fileprivate var trials: [String] { evidence.compactMap(SourceTrial.name) }
}
