import CommandLineKit
import Testing

private struct Values: Sendable {
    var name: String?
    var words: [String] = []
}

private let tool = Command(
    "tool",
    "A tool.",
    subcommands: [
        Command(
            "paint",
            "Paints \\n, and 'more'.",
            details: "First.\n\n.so /etc/passwd\n'second' ~ ^ ` \" – end.",
            values: Values(),
            parameters: [
                .option("--name", "-n", value: "NAME", to: \.name, "It's a name."),
                .arguments("WORD", to: \.words, "What is painted."),
            ],
            examples: [.init("tool paint --name x 'a b'", "Paint")]
        ) { _ in 0 }
    ]
)

struct ManualPageTests {
    private let pages = ManualPage.pages(of: tool, section: 1, source: "tools 1.0")

    @Test func thereIsOnePageForEachCommand() {
        #expect(pages.map(\.fileName) == ["tool.1", "tool-paint.1"])
        #expect(pages[0].text.contains("\\fBtool\\-paint\\fR(1)"))
    }

    @Test func textIsNeverARequest() {
        let lines = pages[1].text.split(separator: "\n")
        #expect(!lines.contains { $0.hasPrefix(".so") || $0.hasPrefix("'") })
        let requests = [".TH", ".SH", ".TP", ".PP", ".EX", ".EE", ".nh", ".hy", ".ad"]
        for line in lines where line.hasPrefix(".") {
            #expect(requests.contains(String(line.prefix(3))), "\(line)")
        }
    }

    @Test func groffPrintsItWithoutAWarning() throws {
        guard isInstalled("groff") else { return }
        for page in pages {
            let file = try TemporaryFile(page.text)
            let warnings = try shell("groff -man -ww -Tutf8 \(file.path) >/dev/null")
            #expect(warnings.status == 0 && warnings.output.isEmpty, "\(warnings.output)")
        }
        let file = try TemporaryFile(pages[1].text)
        let shown = try shell("groff -man -Tutf8 -P-cbou -rLL=78n \(file.path)").output
        #expect(shown.contains("Paints \\n, and 'more'."))
        #expect(shown.contains(".so /etc/passwd 'second' ~ ^ ` \" – end."))
        #expect(shown.contains("tool paint [OPTIONS] WORD..."))
        #expect(shown.contains("--name NAME, -n NAME"))
        #expect(shown.contains("tool paint --name x 'a b'"))
    }
}
