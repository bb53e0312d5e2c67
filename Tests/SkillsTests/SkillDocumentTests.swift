import Documents
import Testing

@testable import Skills

@Suite struct SkillDocumentTests {
    @Test func headSectionsAndCodeAreFoundWhereTheyStand() throws {
        let document = try SkillDocument(try #require(SkillTree.sample().main?.bytes))
        #expect(document.head.name == "csv-clean")
        #expect(document.head.description?.hasPrefix("Mends") == true)
        #expect(document.frontMatter == 0..<4)
        #expect(document.sections.map(\.title) == ["CSV", "Steps", "Quotes", "Pitfalls"])
        #expect(document.sections.map(\.level) == [1, 2, 3, 2])
        let steps = document.sections[1]
        #expect(document.lines[steps.heading] == "## Steps\n")
        // Its sub-section belongs to the whole, and not to its own lines; the comment in the code is no heading.
        #expect(document.lines[steps.whole.upperBound] == "## Pitfalls\n")
        #expect(document.lines[steps.own.upperBound] == "### Quotes\n")
        #expect(document.codeBlocks.map(\.language) == ["bash"])
        #expect(document.codeBlocks[0].code == "head -n 3 in.csv\n# not a heading\n")
        #expect(document.codeBlocks[0].isClosed)
        #expect(document.lines[document.codeBlocks[0].opening] == "```bash\n")
    }

    @Test(arguments: ["# T\n", "", "# T\r\n\r\nx\r\n", "x", "\n\n\n", "```\nopen", "a\u{2028}b\u{85}c\n", "# é\u{301}\n"])
    func whatIsReadIsWrittenBack(body: String) throws {
        let text = "---\nname: a\ndescription: b\n---\n" + body
        let document = try SkillDocument(Array(text.utf8))
        #expect(document.text.utf8.elementsEqual(text.utf8))
        #expect(document.body.utf8.elementsEqual(body.utf8))
    }

    @Test func fences() {
        func blocks(_ text: String) -> [MarkdownOutline.CodeBlock] {
            MarkdownOutline(MarkdownOutline.lines(of: text)).codeBlocks
        }
        #expect(blocks("````\n```\n````\n").map(\.code) == ["```\n"])
        #expect(blocks("~~~py x\n```\n~~~\n").map(\.language) == ["py"])
        #expect(blocks("1. x\n\n    ```sh\n    ls\n    ```\n").map(\.isClosed) == [true])
        #expect(blocks("``` a ``` b\n").isEmpty)
        #expect(blocks("```\na\n``` x\n").map(\.isClosed) == [false])
        #expect(blocks("```a\n```\n```b\n```").map(\.isClosed) == [true, true])
    }

    @Test func headings() {
        let text = "# One #\n#Two\n####### Seven\n## \n##\n## C# is\n### Not ### yet\n"
        let sections = MarkdownOutline(MarkdownOutline.lines(of: text)).sections
        #expect(sections.map(\.title) == ["One", "", "", "C# is", "Not ### yet"])
    }

    @Test(arguments: [
        ("[a](b.md)", ["b.md"]), ("![a](b.png \"t\")", ["b.png"]), ("[a](<b c.md>)", ["b c.md"]), ("[x]: ref.md", ["ref.md"]),
        ("`[a](b.md)` [c](d.md)", ["d.md"]), ("``[a](`b`)`` [c](d)", ["d"]), ("`[a](b.md)", ["b.md"]), ("\\`[a](b)", ["b"]),
        ("[a](x(1).md) [b](y)", ["x(1).md", "y"]), ("[a](", []), ("[a]()", []), ("[^1]: note", []), ("[a][b]", []),
    ])
    func links(line: String, places: [String]) {
        #expect(MarkdownOutline([line]).links.map(\.destination) == places)
    }

    @Test func whereLinksLead() {
        #expect(LinkTarget("https://x.y/z") == .external)
        #expect(LinkTarget("mailto:a@b") == .external)
        #expect(LinkTarget("//host/x") == .external)
        #expect(LinkTarget("#part") == .fragment)
        #expect(LinkTarget("FILE:///etc/passwd") == .outside)
        #expect(LinkTarget("/etc/passwd") == .outside)
        #expect(LinkTarget("a%20b.md#x").path(from: "SKILL.md") == "a b.md")
        #expect(LinkTarget("../c.md").path(from: "references/a.md") == "c.md")
        #expect(LinkTarget("references/../../c.md").path(from: "SKILL.md") == nil)
        #expect(LinkTarget("%2e%2e/x").path(from: "SKILL.md") == nil)
    }
}
