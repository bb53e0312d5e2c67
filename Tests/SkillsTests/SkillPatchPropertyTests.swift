import Statistics
import Testing

@testable import Skills

/// Random skills and random patches, the same for the same seed.
private struct PatchMaker {
    var numbers: SplitMix64

    init(_ seed: UInt64) {
        numbers = SplitMix64(seed: seed)
    }

    mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &numbers) }

    private mutating func words() -> String {
        (0...pick(6)).map { _ in ["read", "check", "mend", "column", "never", "always", "é", "tar"][pick(8)] }.joined(
            separator: " "
        )
    }

    /// Sections `S0`, `S1`, … with numbered lines, so that every line is there once.
    mutating func tree() -> SkillTree {
        var (body, line) = ("# Top\n", 0)
        for section in 0..<(2 + pick(6)) {
            body += "\n\(pick(3) == 0 ? "###" : "##") S\(section)\n\n"
            for _ in 0...pick(5) {
                body += pick(4) == 0 ? "```sh\n# \(line) \(words())\n```\n" : "- [\(line)] \(words())\n"
                line += 1
            }
        }
        if pick(3) == 0 { body.removeLast() }
        return .sample(body: body)
    }

    /// An edit that fits the tree most of the time.
    mutating func edit(of tree: SkillTree, number: Int) -> SkillEdit {
        let section = "S\(pick(8))"
        let text = "[\(pick(24))]"
        let item = "- new \(number) \(words())\n"
        var edit = SkillEdit(.create, evidence: ["tr_\(number)/a1"])
        switch pick(7) {
        case 0: (edit.operation, edit.targetText, edit.content) = (.insertAfter, text, item)
        case 1: (edit.operation, edit.targetText, edit.content) = (.insertBefore, text, item)
        case 2: (edit.operation, edit.targetSection, edit.content) = (.appendToSection, section, item)
        case 3:
            (edit.operation, edit.targetSection, edit.oldText, edit.content) = (
                .replaceInSection, section, text, "[r\(number)]"
            )
        case 4: (edit.operation, edit.targetSection, edit.content) = (.replaceInSection, section, item)
        case 5: (edit.operation, edit.afterSection, edit.content) = (.addSection, section, "## N\(number)\n\n\(item)")
        default: (edit.operation, edit.targetSection) = (.deleteSection, section)
        }
        return edit
    }
}

@Suite struct SkillPatchPropertyTests {
    private static var free: SkillPatch.Policy {
        var policy = SkillPatch.Policy()
        policy.maximumLoss = nil
        return policy
    }

    /// Runs `body` on 500 random trees and patches; the number of patches that could be applied.
    private func forAll(_ body: (UInt64, SkillTree, [SkillEdit], Result<PatchedSkill, SkillPatchError>) throws -> Void)
        rethrows -> Int
    {
        var applied = 0
        for seed in 0..<500 as Range<UInt64> {
            var maker = PatchMaker(seed)
            let tree = maker.tree()
            let edits = (0...maker.pick(4)).prefix(4).map { maker.edit(of: tree, number: $0) }
            let patch = SkillPatch(.revise, base: tree.digest, edits: edits)
            let result = Result { () throws(SkillPatchError) in try patch.applied(to: tree, policy: Self.free) }
            if case .success = result { applied += 1 }
            try body(seed, tree, edits, result)
        }
        return applied
    }

    @Test func appliedPatchesLeaveCleanSkillsCleanAndAccountForEveryLine() throws {
        let applied = try forAll { seed, tree, edits, result in
            guard case .success(let patched) = result else { return }
            #expect(SkillLint.findings(tree) == [] && SkillLint.findings(patched.tree) == [], "seed \(seed)")
            let old = MarkdownOutline.lines(of: try #require(tree.main?.text))
            let new = MarkdownOutline.lines(of: try #require(patched.tree.main?.text))
            let origins = try #require(patched.origins["SKILL.md"])
            #expect(origins.count == new.count, "seed \(seed)")
            var previous = -1
            for (line, origin) in zip(new, origins) {
                guard case .base(let number) = origin else { continue }
                // Kept lines are the base's, in the base's order; only a missing end may have been added.
                #expect(line == old[number] || line == old[number] + "\n", "seed \(seed)")
                #expect(number > previous, "seed \(seed)")
                previous = number
            }
            // The front matter is never touched.
            #expect(
                origins.prefix(4) == [.base(line: 0), .base(line: 1), .base(line: 2), .base(line: 3)],
                "seed \(seed)"
            )
        }
        #expect(applied > 100)
    }

    @Test func theOrderOfEditsAtDifferentPlacesDoesNotMatter() {
        var compared = 0
        _ = forAll { seed, tree, edits, result in
            let reversed = SkillPatch(.revise, base: tree.digest, edits: edits.reversed())
            let other = Result { () throws(SkillPatchError) in try reversed.applied(to: tree, policy: Self.free) }
            switch (result, other) {
            case (.success(let first), .success(let second)):
                guard
                    Set(edits.map { "\($0.targetText ?? "")|\($0.targetSection ?? "")|\($0.afterSection ?? "")" }).count
                        == edits.count,
                    edits.count > 1, !Self.shareAPlace(first, edits.count)
                else { return }
                compared += 1
                #expect(first.tree == second.tree, "seed \(seed)")
            case (.failure, .failure): return
            default: Issue.record("seed \(seed): one order is refused, the other one is not")
            }
        }
        #expect(compared > 30)
    }

    /// Whether lines of two edits stand next to each other, where their order is that of the patch.
    private static func shareAPlace(_ patched: PatchedSkill, _ count: Int) -> Bool {
        let origins = patched.origins["SKILL.md"] ?? []
        return zip(origins, origins.dropFirst()).contains { left, right in
            if case .edit(let one) = left, case .edit(let other) = right { one != other } else { false }
        }
    }

    @Test func oneAfterTheOtherIsTheSameAsAtOnce() {
        var compared = 0
        _ = forAll { seed, tree, edits, result in
            guard case .success(let atOnce) = result, edits.count > 1, !Self.shareAPlace(atOnce, edits.count) else {
                return
            }
            var step = tree
            for edit in edits {
                let patch = SkillPatch(.revise, base: step.digest, edits: [edit])
                // New lines may make a text ambiguous, or move the end of a section: then there is nothing to compare.
                guard let next = try? patch.applied(to: step, policy: Self.free) else { return }
                step = next.tree
            }
            guard !edits.contains(where: { $0.operation == .addSection || $0.operation == .deleteSection }) else {
                return
            }
            compared += 1
            let same = step.main?.text == atOnce.tree.main?.text
            #expect(same, "seed \(seed)")
        }
        #expect(compared > 10)
    }

    @Test func whatIsRefusedNamesAnEditOfThePatch() {
        var refused = 0
        _ = forAll { seed, tree, edits, result in
            guard case .failure(let error) = result else { return }
            refused += 1
            guard case .edit(let index, let file, let operation, _) = error else {
                Issue.record("seed \(seed): \(error)")
                return
            }
            #expect(edits[index].file == file && edits[index].operation == operation, "seed \(seed)")
            #expect(!error.description.contains("\n"))
        }
        #expect(refused > 50)
    }
}
