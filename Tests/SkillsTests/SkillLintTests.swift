import Statistics
import Testing

@testable import Skills

@Suite struct SkillLintTests {
    private static func head(_ lines: String, body: String = "# T\n") -> SkillTree {
        SkillTree(main: "---\n\(lines)\n---\n\(body)")
    }

    private static func with(_ files: [String: String], body: String = "# T\n") -> SkillTree {
        var tree = SkillTree.sample(body: body)
        for (path, text) in files { tree.files[path] = .init(text) }
        return tree
    }

    /// For each rule what breaks it, and nothing else that is binding.
    private static let offences: [(SkillRule, SkillTree)] = [
        (.mainMissing, SkillTree(["skill.md": .init("---\nname: a\n---\n")])),
        (.pathUnsafe, with(["../x": ""])), (.pathUnsafe, with(["a/\u{1b}[2J": ""])),
        (.pathUnsafe, with(["/etc/x": ""])),
        (.pathCollision, with(["a.txt": "", "A.txt": ""])), (.pathCollision, with(["a": "", "a/b": ""])),
        (.fileTooLarge, with(["big.md": String(repeating: "x\n", count: 600_000)])),
        (.notText, SkillTree(["SKILL.md": .init([0xff, 0xfe, 0x00])])),
        (.frontMatter, SkillTree(main: "# no front matter\n")), (.frontMatter, SkillTree(main: "")),
        (.frontMatter, SkillTree(main: "---\nname: a\n")), (.frontMatter, head("description: b")),
        (.frontMatter, head("name: a\ndescription: &a b")),
        (.frontMatter, head("name: a\ndescription: !!python/object:os.system b")),
        (.frontMatter, head("a: &a [x, x]\nb: [*a, *a]")), (.frontMatter, head("name: a\nname: a\ndescription: b")),
        (.frontMatter, head("name: a\ndescription: [" + String(repeating: "[", count: 5000))),
        (.frontMatter, head("name: a\ndescription: b\nlicense: " + String(repeating: "x ", count: 40_000))),
        (.frontMatterStyle, head("name: a\ndescription: b --- c")),
        (.frontMatterStyle, head("\"name\": a\ndescription: b")),
        (.frontMatterStyle, SkillTree(main: "--- \nname: a\ndescription: b\n---\n")),
        (.frontMatterStyle, head("name: a\ndescription: b\tc")),
        (.unknownField, head("name: a\ndescription: b\nversion: \"1\"")),
        (.fieldNotText, head("name: 'a'\ndescription: [b]")), (.fieldNotText, head("name: a\ndescription: no")),
        (.fieldNotText, head("name: 2026-11-21\ndescription: b")),
        (.fieldNotText, head("name: a\ndescription: b\nlicense:")),
        (.fieldNotText, head("name: a\ndescription: 12:30:00 # time")),
        (.nameForm, head("name: CSV\ndescription: b")), (.nameForm, head("name: a--b\ndescription: b")),
        (.nameForm, head("name: -a\ndescription: b")), (.nameForm, head("name: é\ndescription: b")),
        (.nameForm, head("name: \(String(repeating: "a", count: 65))\ndescription: b")),
        (.descriptionLength, head("name: a\ndescription: \(String(repeating: "d", count: 1025))")),
        (.descriptionLength, head("name: a\ndescription: \"  \"")),
        (.descriptionBrackets, head("name: a\ndescription: use <b>")),
        (.compatibilityLength, head("name: a\ndescription: b\ncompatibility: \(String(repeating: "c", count: 501))")),
        (.compatibilityLength, head("name: a\ndescription: b\ncompatibility: \"\"")),
        (.metadataForm, head("name: a\ndescription: b\nmetadata:\n  version: 1.0")),
        (.metadataForm, head("name: a\ndescription: b\nmetadata: {v: x}")),
        (.metadataForm, head("name: a\ndescription: b\nmetadata:\n  no: x")),
        (.tooManyLines, SkillTree.sample(body: String(repeating: "x\n", count: 496))),
        (.fenceOpen, SkillTree.sample(body: "# T\n```bash\nls\n")),
        (.fenceOpen, with(["references/a.md": "~~~\nx\n```\n"], body: "[a](references/a.md)\n")),
        (.linkBroken, SkillTree.sample(body: "[a](nowhere.md)\n")),
        (.linkOutside, SkillTree.sample(body: "[a](../../etc/passwd)\n")),
        (.linkOutside, SkillTree.sample(body: "[a](/etc/passwd)\n")),
        (.linkOutside, SkillTree.sample(body: "[a](%2e%2e/x)\n")),
        (.linkDepth, with(["references/a.md": "[b](b.md)\n", "references/b.md": ""], body: "[a](references/a.md)\n")),
        (.controlCharacter, SkillTree.sample(body: "a\u{1b}[31mb\n")),
        (.controlCharacter, SkillTree.sample(body: "a\rb\n")),
        (.hiddenCharacter, SkillTree.sample(body: "a\u{200b}b\n")),
        (.hiddenCharacter, SkillTree.sample(body: "a\u{202e}b\n")),
        (.hiddenCharacter, SkillTree.sample(body: "a\u{e0041}\u{e0042}\n")),
        (.hiddenCharacter, with(["scripts/a.py": "x = 1 # \u{2066}\n"])),
    ]

    @Test(arguments: offences.indices)
    func eachOffenceIsFoundAndNothingElse(index: Int) {
        let (rule, tree) = Self.offences[index]
        let binding = Set(SkillLint.findings(tree).filter(\.rule.isBinding).map(\.rule))
        #expect(binding == [rule], "offence \(index)")
        #expect(!SkillLint.passes(tree))
    }

    @Test func everyRuleHasAnOffence() {
        let advice: [(SkillRule, SkillTree)] = [
            (
                .manyTokens,
                SkillTree.sample(body: String(repeating: String(repeating: "x", count: 99) + "\n", count: 210))
            ),
            (.longReference, Self.with(["a.md": String(repeating: "x\n", count: 300)])),
        ]
        for (rule, tree) in advice {
            #expect(SkillLint.findings(tree).map(\.rule) == [rule])
            #expect(SkillLint.passes(tree))
        }
        let folder = SkillLint.findings(.sample(), directory: "other")
        #expect(folder.map(\.rule) == [.nameDirectory])
        let shown = Set(Self.offences.map(\.0) + advice.map(\.0) + folder.map(\.rule))
        #expect(Set(SkillRule.allCases).subtracting(shown).isEmpty)
    }

    @Test func goodSkillsPass() {
        var tree = SkillTree.sample(
            body: "Run [it](scripts/a.sh) or see [more](references/), `[x](y)`, [net](https://x.y), [top](#a) 👩‍💻.\n"
        )
        tree.files["scripts/a.sh"] = .init(Array("#!/bin/sh\n".utf8), isExecutable: true)
        tree.files["references/a.md"] = .init("[back](../SKILL.md), [self](a.md), [script](scripts/a.sh)\n")
        tree.files["assets/p.png"] = .init([0x89, 0xff, 0x00])
        #expect(SkillLint.findings(tree, directory: "csv-clean") == [])
        let head =
            "name: '3-2'\nmetadata:\n  version: \"1.0\"\n\n  # why\n  by: me\ndescription: >\n  Folded\n  text.\nlicense: MIT # short"
        #expect(SkillLint.findings(Self.head(head), directory: "3-2") == [])
        #expect(
            SkillLint.findings(SkillTree(main: "---\r\nname: a\r\ndescription: b\r\n---\r\n# T\r\n"), directory: "a")
                == []
        )
    }

    @Test func aFindingSaysPlaceCauseAndRemedy() throws {
        let finding = try #require(
            SkillLint.findings(.sample(body: "\n[a](no\u{1b}where.md)\n")).first { $0.rule == .linkBroken }
        )
        let text = finding.description
        #expect(
            text.hasPrefix("SKILL.md:6: ") && text.contains(SkillRule.linkBroken.remedy)
                && text.hasSuffix("[link-broken]")
        )
        #expect(!text.contains("\u{1b}"))
    }

    private static let hostile = [
        String(repeating: "](", count: 50_000), String(repeating: "`", count: 30_000),
        (1...300).map { String(repeating: "`", count: $0) }.joined(separator: " "),
        String(repeating: "[a](", count: 30_000), String(repeating: "# x\n", count: 50_000),
        String(repeating: "```\n", count: 30_001), String(repeating: "\u{200b}\u{301}", count: 30_000),
        String(repeating: "[a](x)\n", count: 30_000), String(repeating: "%", count: 30_000),
        String(repeating: "\0", count: 30_000),
        "[a](" + String(repeating: "(", count: 30_000), String(repeating: "a\u{301}", count: 50_000),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: hostile.indices)
    func hostileBodiesEndInFindings(index: Int) {
        let body = Self.hostile[index]
        let findings = SkillLint.findings(.sample(body: body))
        #expect(findings.count <= SkillLint.Limits.findings)
        var tree = SkillTree.sample(body: body)
        tree.files["a.md"] = .init(body)
        _ = SkillLint.findings(tree)
    }

    @Test(.timeLimit(.minutes(5))) func anyBytesEndInFindings() {
        var numbers = SplitMix64(seed: 7)
        let pieces = [
            "---\n", "name: a\n", "description: b\n", "\u{feff}", "```", "](x)", "# ", "\n", "a: &b [", "*b", "{", "\r",
            "\t", "- ", "é",
        ]
        for round in 0..<400 {
            var bytes = round % 2 == 0 ? Array("---\n".utf8) : []
            for _ in 0..<Int.random(in: 0...60, using: &numbers) {
                if Bool.random(using: &numbers) {
                    bytes += Array((pieces.randomElement(using: &numbers) ?? "").utf8)
                } else {
                    bytes.append(UInt8.random(in: 0...255, using: &numbers))
                }
            }
            let tree = SkillTree([SkillTree.mainFile: .init(bytes)])
            #expect(!SkillLint.findings(tree, directory: "x").isEmpty || tree.main?.text != nil)
        }
    }
}
