import Testing

@testable import CommandLineKit

struct RenderingTests {
    private let plain = Terminal(descriptor: -1, isTerminal: false, hasColours: false)
    private let coloured = Terminal(descriptor: -1, isTerminal: true, hasColours: true)

    private func table() -> Table {
        var table = Table([.init("TASK", shrinks: true), .init("TIME", .right), .init("VERDICT")])
        table.append(["fix-the-csv-export-of-the-shop", "1.2 s", Table.Cell("passed", .green)])
        table.append(["日本", "10 s", "failed\u{1B}[2J\n"])
        return table
    }

    @Test func tableIsAsWideAsItsTextOffATerminal() {
        #expect(
            table().render(for: plain) == """
                TASK                             TIME  VERDICT
                fix-the-csv-export-of-the-shop  1.2 s  passed
                日本                             10 s  failed\\x1b[2J\\n

                """
        )
    }

    @Test func tableShrinksToTheTerminal() {
        let lines = table().render(width: 40, paint: plain.paint).split(separator: "\n").map(String.init)
        #expect(lines.map(Layout.columns).allSatisfy { $0 <= 40 })
        #expect(lines[1].hasPrefix("fix-the-csv-"))
        #expect(lines[1].contains("…"))
        #expect(lines[1].hasSuffix("1.2 s  passed"))
    }

    @Test func tooNarrowATerminalStillGetsEveryColumn() {
        #expect(table().render(width: 5, paint: plain.paint).contains("passed"))
    }

    @Test func coloursOnlyWhereWanted() {
        #expect(plain.paint("x", .red) == "x")
        #expect(coloured.paint("x", .red) == "\u{1B}[31mx\u{1B}[0m")
        #expect(coloured.paint("x", nil) == "x")
    }

    @Test(
        "Control characters are shown, not obeyed",
        arguments: [
            ("plain ü\n\tx", "plain ü\n\tx"), ("\u{1B}]0;title\u{07}", "\\x1b]0;title\\x07"), ("a\rb", "a\\rb"),
            ("\u{9B}31m", "\\x9b31m"), ("a\u{202E}b", "a\\u{202e}b"), ("\u{7F}\0", "\\x7f\\x00"),
        ]
    )
    func visible(_ text: String, _ expected: String) {
        #expect(Escaping.visible(text) == expected)
    }

    @Test func singleLineHasNoNewline() {
        #expect(Escaping.singleLine("a\n\tb") == "a\\n\\tb")
    }

    @Test func streamIsEscapedTheSameUnderEveryCut() {
        let bytes: [UInt8] = Array("ü€😀\r\nx\ry\u{1B}[0m".utf8) + [0xFF, 0xE2, 0x82, 0x41, 0xE2, 0x82]
        let expected = "ü€😀\nx\\ry\\x1b[0m\\xff\\xe2\\x82A\\xe2\\x82"
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var escaper = StreamEscaper()
                var text = escaper.feed(bytes[..<first])
                text += escaper.feed(bytes[first..<second])
                text += escaper.feed(bytes[second...])
                #expect(text + escaper.finish() == expected, "cuts at \(first) and \(second)")
            }
        }
    }

    @Test func distanceCountsTypingErrors() {
        #expect(Suggestion.distance("image", "image") == 0)
        #expect(Suggestion.distance("imgae", "image") == 1)
        #expect(Suggestion.distance("", "abc") == 3)
        #expect(Suggestion.distance("kitten", "sitting") == 3)
    }

    @Test func wrapBreaksAtSpaces() {
        #expect(Layout.wrap("aaa bbb ccc", 7) == "aaa bbb\nccc")
        #expect(Layout.wrap("aaaaaaaaaa b", 4) == "aaaaaaaaaa\nb")
        #expect(Layout.truncate("日本語", to: 5) == "日本…")
    }
}
