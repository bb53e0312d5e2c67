import Skills
import Testing

@testable import Executord

/// What stage 3 takes for support, and which code it looks at.
struct EvidenceStageTests {
    private static let main = "---\nname: one\ndescription: One.\n---\n\nOld.\nNew.\n\nSee `references/more.md`.\n"
    private static let more = "# More\n\n```sh\ncurl -s localhost\n```\n"

    private let tree = SkillTree([
        "SKILL.md": .init(Self.main), "references/more.md": .init(Self.more),
    ])
    private let parent = SkillTree(main: "---\nname: one\ndescription: One.\n---\n\nOld.\n")

    private func bare(_ first: Int, _ evidence: [String], _ kind: SkillEdit.Kind? = .step) -> Bool {
        let line = LineSupport(file: "SKILL.md", first: first, last: first, evidence: evidence, kind: kind)
        return EvidenceStage.bareLines(of: tree, [line], passing: ["tr_1"], parent: parent) != nil
    }

    @Test func aLineNeedsARunThatPassedOrAParentThatSaysIt() {
        #expect(!bare(7, ["tr_1/a1"]) && bare(7, ["tr_2/a1"]) && bare(7, []))
        #expect(!bare(7, ["tr_2/a1"], .pitfall))
        #expect(!bare(6, ["skill:one@1"]), "it was said before")
        #expect(bare(7, ["skill:one@1"]), "nobody said it before")
        #expect(bare(6, ["skill:one@1", "tr_2/a1"]), "the trial that it names did not pass")
        #expect(bare(7, ["skill:one@1", "tr_2/a1"]))
    }

    @Test func lineEndsHideNothing() {
        let crlf = SkillTree(main: Self.main.replacing("\n", with: "\r\n"))
        func bare(_ first: Int) -> Bool {
            let line = LineSupport(file: "SKILL.md", first: first, last: first, evidence: ["skill:one@1"], kind: .step)
            return EvidenceStage.bareLines(of: crlf, [line], passing: [], parent: parent) != nil
        }
        #expect(!bare(6) && bare(7))
    }

    /// U+2028 ends a line for some, and for nobody who counts the lines of Markdown.
    @Test func noOtherLineEndMovesWhatSupportIsFor() {
        let tree = SkillTree(main: "---\nname: one\ndescription: One.\n---\n\u{2028}\nOld.\nNew.\n")
        let line = LineSupport(file: "SKILL.md", first: 7, last: 7, evidence: ["skill:one@1"], kind: .step)
        #expect(EvidenceStage.bareLines(of: tree, [line], passing: [], parent: parent) != nil)
    }

    @Test func frontMatterHidesNoCode() {
        let text = "---\nname: one\ndescription: >\n  ~~~text\n---\n\n```sh\nrm x\n```\n"
        let tree = SkillTree([
            "SKILL.md": .init(text), "notes.MARKDOWN": .init("```sh\nls\n```\n"),
        ])
        #expect(EvidenceStage.coverage(of: tree, by: []) == 0)
        #expect(EvidenceStage.uncitedBlock(in: tree, []) == "SKILL.md:7")
        let cited = LineSupport(file: "SKILL.md", first: 1, last: .max, evidence: ["tr_1/a1"])
        #expect(EvidenceStage.uncitedBlock(in: tree, [cited]) == "notes.MARKDOWN:1")
    }

    @Test func codeInReferencesNeedsSupportToo() {
        #expect(EvidenceStage.uncitedBlock(in: tree, []) == "references/more.md:3")
        let cited = LineSupport(file: "references/more.md", first: 3, last: 5, evidence: ["tr_1/a1"], kind: .step)
        #expect(EvidenceStage.uncitedBlock(in: tree, [cited]) == nil)
        #expect(EvidenceStage.coverage(of: tree, by: []) == 0, "nobody did what it says")
    }
}
